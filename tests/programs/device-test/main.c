// SPDX-License-Identifier: GPL-2.0
/*
 * Checks of /dev/helloN and /dev/hello_log as programs see them:
 *
 *	device-test [FAMILY...]		TAP of these families, FAMILY@32 in 32 bits
 *	TIMES=10 device-test ...	with ten times the rounds, where there are any
 *	device-test model SEED COUNT	random operations, see model.c
 *
 * hello.ko and hello_log.ko are loaded with what device.h says.
 */
#include "device.h"

static const struct family families[] = {
	{ "read", 21, test_read },
	{ "write", 24, test_write },
	{ "append", 22, test_append },
	{ "vectors", 22, test_vectors },
	{ "gap", 13, test_gap },
	{ "truncate", 15, test_truncate },
	{ "nowait", 10, test_nowait },
	{ "nonblock", 5, test_nonblock },
	{ "others", 7, test_others },
	{ "faults", 31, test_faults },
	{ "vanish", 25, test_vanish },
	{ "vanish-race", 6, test_vanish_race },
	{ "vanish-signals", 5, test_vanish_signals },
	{ "vanish-large", 3, test_vanish_large },
	{ "whole", 8, test_whole },
	{ "appenders", 6, test_appenders },
	{ "seek", 33, test_seek },
	{ "position", 9, test_shared_position },
	{ "poll", 5, test_poll },
	{ "uring", 13, test_uring },
	{ "sigio", 9, test_sigio },
	{ "splice", 35, test_splice },
	{ "sendfile", 17, test_sendfile },
	{ "map", 27, test_map },
	{ "map-adjacent", 4, test_map_adjacent },
	{ "map-writable", 17, test_map_writable },
	{ "map-self", 10, test_map_self },
	{ "ioctl", 34, test_ioctl },
	{ "capacity", 35, test_capacity },
	{ "sysfs", 21, test_sysfs },
	{ "fdinfo", 4, test_fdinfo },
	{ "everything", 37, test_everything },
	{ "scratch", 6, test_scratch },
	{ "unload", 5, test_unload },
	{ "log", 27, test_log },
	{ "log-wait", 17, test_log_wait },
	{ "log-signals", 7, test_log_signals },
	{ "log-seek", 11, test_log_seek },
	{ "log-control", 11, test_log_control },
	{ "log-faults", 11, test_log_faults },
	{ "log-lost", 13, test_log_lost },
	{ "log-poll", 2, test_log_poll },
	{ "log-cut", 10, test_log_cut },
	{ }
};

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "model"))
		return run_model(argv[2], argv[3]);
	family_limit = times(family_limit);
	return run_families(families, argv + 1);
}
