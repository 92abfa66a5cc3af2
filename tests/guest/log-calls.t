#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The system calls on /dev/hello_log, one family after the other.

modprobe hello_log ring=4096 || exit
exec device-test log log-wait log-signals log-seek log-control log-faults log-poll \
	log-lost log-cut
