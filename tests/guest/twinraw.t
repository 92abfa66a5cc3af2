#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# coverage: none
# As twin.t: twinraw.ko. /dev/hello_log, which some checks open, is there, but listens to twin.ko, on
# which it is stacked.

cd /lib/test-modules || exit
insmod twinraw.ko name=hello devices=8 && insmod twin.ko && insmod twin_log.ko name=hello_log || exit
exec device-test read write append vectors gap truncate nowait nonblock others \
	faults vanish seek position poll uring splice sendfile \
	map map-adjacent map-writable map-self ioctl capacity sysfs fdinfo \
	whole appenders vanish-race vanish-signals vanish-large
