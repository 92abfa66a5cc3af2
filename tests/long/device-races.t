#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# limit: 400
# Several processes on one device, for ten times as long as in device-calls.t.

modprobe hello || exit
export TIMES=10
exec device-test whole vanish-race
