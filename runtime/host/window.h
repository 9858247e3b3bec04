/* window.h: where sliding windows lie: the geometry of convolutions and pools. */
#ifndef ANET_HOST_WINDOW_H
#define ANET_HOST_WINDOW_H

#include "host/planner.h"

enum { WINDOW_AXES = 3 };

/* Output o and tap t meet input o * step + first + t * gap, if that lies in [0, in). */
typedef struct window_axis {
    size_t in, out, taps;
    ptrdiff_t step, first, gap;
} window_axis;

/* Always three axes: those that a tensor lacks come first and have one of everything. */
typedef struct window {
    window_axis axis[WINDOW_AXES];
    size_t after[WINDOW_AXES]; /* padding behind the input; that before it is -first */
} window;

/* From strides, pad_type, pad and dilations of a convolution or pool: x and its result are
 * [n, C, D..], kernel has one size for each D. */
anet_code host_plan_window(planner *p, const mil_op *op, const shape *x, const shape *result,
                           const size_t *kernel, window *w);

size_t window_inputs(const window *w); /* elements of one plane */
size_t window_outputs(const window *w);
size_t window_taps(const window *w);

/* the outputs [from, to) whose tap t meets an input */
void window_reach(const window_axis *a, size_t t, size_t *from, size_t *to);
/* the taps [from, to) that meet an input at output o; for gap > 0 */
void window_meet(const window_axis *a, size_t o, size_t *from, size_t *to);
/* the outputs [from, to) all of whose taps meet an input; for gap > 0 */
void window_inside(const window_axis *a, size_t *from, size_t *to);

/* The matrix of which a convolution is a product: a row for every channel and tap, a column for
 * every output in [from, to) of the plane; zeros where there is no input. x is [channels, D..]. */
void window_unfold(const window *w, const float *x, size_t channels, size_t from, size_t to,
                   float *out);

#endif
