#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The system calls on /dev/helloN, one family after the other; then several processes at once; then the calls that
# differ for a 32-bit program.

modprobe hello devices=8 && modprobe hello_log ring=4096 || exit
exec device-test read write append vectors gap truncate nowait nonblock others \
	faults vanish seek position poll uring sigio splice sendfile \
	map map-adjacent map-writable map-self ioctl capacity sysfs fdinfo \
	whole appenders vanish-race vanish-signals vanish-large \
	read@32 write@32 append@32 vectors@32 gap@32 nowait@32 faults@32 seek@32 \
	sigio@32 splice@32 sendfile@32 map-writable@32 ioctl@32 capacity@32
