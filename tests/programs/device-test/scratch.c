// SPDX-License-Identifier: GPL-2.0
/* /dev/scratch of tests/modules/scratch: simple_read_from_buffer() and its like with bad addresses. */
#include "device.h"

void test_scratch(void)
{
	int fd = must(open("/dev/scratch", O_RDWR));
	char *edge = pages_before_a_hole(1) + PAGE, got[3];

	must(pwrite(fd, "abc", 3, 0));
	gives(R(read(fd, edge, 3)), -EFAULT, "a read to nowhere");
	gives(R(write(fd, edge, 3)), -EFAULT, "a write from nowhere");
	gives(R(lseek(fd, 0, SEEK_CUR)), 0, "the position is where it was");
	gives(R(read(fd, edge - 2, 3)), 2, "a read that ends in nowhere is short");
	gives(R(pread(fd, got, 3, 0)), 3, "nothing was written");
	same(got, "abc", 3, "at all");
	close(fd);
}
