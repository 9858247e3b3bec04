/* kernels.h: the kernels and preparations that kernels.def names. */
#ifndef ANET_HOST_KERNELS_H
#define ANET_HOST_KERNELS_H

#include "host/planner.h"

#define UNARY(op, fn, int_fn)
#define TUNED(op, fn, a, x, b, y)
#define BINARY(op, fn, int_fn)
#define COMPARE(op, fn, int_fn)
#define OTHER(op, planner, kind)
#define CALL(op, fn, prepares, operands)                                                           \
    host_kernel fn;                                                                                \
    host_prepare prepares;
#define CALL_PLAIN(op, fn, operands) host_kernel fn;
#define MOVE(op, fn, operands) host_kernel fn;
#define EITHER(op, planner, fn, operands) host_kernel fn;
#define FLOATS(op, planner, kind, fn, prepares, operands)                                          \
    host_kernel fn;                                                                                \
    host_prepare prepares;
#define REFUSED(op, reason)
#include "host/kernels.def"

#endif
