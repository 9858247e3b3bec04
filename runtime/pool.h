/* pool.h: threads. One pool serves the device's loops and the CPU work that runs beside it.
 *
 * The way work is cut never depends on which thread takes a piece, so results are bit-identical
 * from run to run for one thread count. */
#ifndef ANET_POOL_H
#define ANET_POOL_H

#include <stddef.h>

typedef struct anet_pool anet_pool;

/* threads <= 0: ANET_THREADS from the environment (if it is a number from 1 to 1024), else the
 * number of cores. The caller counts as one. */
anet_pool *pool_new(int threads);
void pool_free(anet_pool *pool); /* waits for all work; NULL is fine */
int pool_threads(const anet_pool *pool);

/* Calls body(context, i) for i in [0, n), on all idle threads and the caller; returns when all are
 * done. Not reentrant: body must not call pool_for. */
void pool_for(anet_pool *pool, size_t n, void (*body)(void *context, size_t i), void *context);

/* Background work: body(context, i) for i in [0, pieces), run by threads that have no pool_for to
 * do. Jobs with the same `key` (non-NULL) run one after another in order of submission. `*pending`
 * was raised by one at submission and falls by one when the job is done: see pool_wait. context is
 * copied (size bytes). */
void pool_submit(anet_pool *pool, const void *key, size_t pieces,
                 void (*body)(void *context, size_t i), const void *context, size_t size,
                 int *pending);
/* Helps with background work until *pending is 0 (or, with NULL, until no job is left). */
void pool_wait(anet_pool *pool, int *pending);

#endif
