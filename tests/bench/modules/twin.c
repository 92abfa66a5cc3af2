// SPDX-License-Identifier: GPL-2.0
/* The idiomatic twin: copies with copy_page_to_iter(). */
#define TWIN_NAME "twin"
#define TWIN(symbol) twin_##symbol
#define twin_copy_out(page, offset, count, to) copy_page_to_iter(page, offset, count, to)
#define twin_copy_in(page, offset, count, from) copy_page_from_iter(page, offset, count, from)
#include "twin_module.h"
