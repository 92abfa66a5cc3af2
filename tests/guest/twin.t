#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# coverage: none
# The C twins that `make bench` compares with, twin.ko and twin_log.ko, pass the checks of hello.ko and hello_log.ko
# when they are loaded under these names.

cd /lib/test-modules || exit
insmod twin.ko name=hello devices=8 && insmod twin_log.ko name=hello_log ring=4096 || exit
exec device-test read write append vectors gap truncate nowait nonblock others \
	faults vanish seek position poll uring sigio splice sendfile \
	map map-adjacent map-writable map-self ioctl capacity sysfs fdinfo \
	whole appenders vanish-race vanish-signals vanish-large read@32 ioctl@32 capacity@32 \
	log log-wait log-signals log-seek log-control log-faults log-poll log-lost log-cut
