/* Pages behind areas, for the files of mm/ only. */
#pragma once

#include "mm/areas.h"

/* Fills the page at `address` (a page boundary) unless it is there; 0 or -EFAULT. */
int fill_page(const struct area *area, uaddr_t address, enum access access);

/* Takes the pages of the range out of the page tables and lets them go. */
void fill_drop(uaddr_t start, uaddr_t end);

/* Moves filled pages to another range of the same size. */
void fill_move(uaddr_t from, uaddr_t to, uint64_t size);

/* Brings the page tables in line with the area's protection after it changed. */
void fill_protect(const struct area *area, uaddr_t start, uaddr_t end);
