// SPDX-License-Identifier: GPL-2.0
/*
 * The twin that omits the work of copy_page_to_iter() for compound and high-memory pages, as hello
 * does.
 */
#define TWIN_NAME "twinraw"
#define TWIN(symbol) twinraw_##symbol
#define twin_copy_out(page, offset, count, to) _copy_to_iter(page_address(page) + (offset), count, to)
#define twin_copy_in(page, offset, count, from) _copy_from_iter(page_address(page) + (offset), count, from)
#include "twin_module.h"
