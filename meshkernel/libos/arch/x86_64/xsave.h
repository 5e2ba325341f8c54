/* The extended state (x87, SSE, AVX, ...) of threads. It is in the registers of the CPU while its
 * thread runs, and is saved only when another thread of the application runs. */
#pragma once

#include "core/types.h"

struct thread;

void xsave_init(void);

/* Bytes of an area for this CPU; areas are aligned to 64. `features`: XCR0, 0 when there is only
 * FXSAVE. */
size_t xsave_size(void);
uint64_t xsave_features(void);

/* The registers of the running thread to and from an area (for signal frames); xsave_save writes
 * the standard format, all components. */
void xsave_save(void *area);
void xsave_restore(const void *area);

/* NULL when memory is used up; the area holds the initial state. */
void *xsave_alloc(void);
void xsave_free(void *area);

/* The scheduler switches to `next`, which will return to the application. */
void xsave_switch(struct thread *next);

/* A thread ends: its state need not be kept. */
void xsave_forget(struct thread *thread);
