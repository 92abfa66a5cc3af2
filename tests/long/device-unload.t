#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# limit: 300
# Files that are opened, used and closed while both modules come and go.

export TIMES=4
exec device-test unload
