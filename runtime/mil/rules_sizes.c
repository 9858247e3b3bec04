/* rules_sizes.c: rules about how large tensors may be, by the limits of targets.def. */
#include "mil/rules.h"

#include <string.h>

#define MEGABYTE INT64_C(1048576)

/* --- results --- */

static void over(mil_rule_case *c, mil_loc at, const char *name, const char *axis, int64_t size,
                 int64_t limit) {
    if (size > limit) {
        mil_rule_breaks_at(c, at, "%s has %s %lld, at most %lld", name, axis, (long long)size,
                           (long long)limit);
    }
}

/* Of tensors of rank 1 and 2 it is not known what their axes become. */
static void check_plane(mil_rule_case *c, const mil_name *v) {
    mil_rule_extent e = mil_rule_extents(&v->type);
    over(c, v->loc, v->name, "width", e.w, c->limits->plane);
    over(c, v->loc, v->name, "height", e.h, c->limits->plane);
}

static void check_volume(mil_rule_case *c, const mil_name *v) {
    mil_rule_extent e = mil_rule_extents(&v->type);
    over(c, v->loc, v->name, "depth", e.d, c->limits->depth);
    over(c, v->loc, v->name, "channels", e.c, c->limits->channels);
    over(c, v->loc, v->name, "batch", e.n, c->limits->batch);
}

void mil_rule_plane(mil_rule_case *c) {
    for (int i = 0; i < c->in->op->outs; i++) {
        check_plane(c, &c->in->op->out[i]);
    }
}

void mil_rule_volume(mil_rule_case *c) {
    for (int i = 0; i < c->in->op->outs; i++) {
        check_volume(c, &c->in->op->out[i]);
    }
}

void mil_rule_port_size(mil_rule_case *c) {
    enum { HIGHEST_RANK = 5 };
    for (int i = 0; i < c->func->body.params; i++) {
        const mil_name *in = &c->func->body.param[i];
        over(c, in->loc, in->name, "rank", in->type.rank, HIGHEST_RANK);
        check_plane(c, &c->func->body.param[i]);
        check_volume(c, &c->func->body.param[i]);
    }
}

void mil_rule_turn(mil_rule_case *c) {
    const mil_type *x = rule_operand(c->in, "x")->type;
    mil_rule_extent e = mil_rule_extents(x);
    int64_t larger = e.w > e.h ? e.w : e.h;
    if (larger > c->limits->turn) {
        mil_rule_breaks(c, "a plane of %lld x %lld, at most %lld", (long long)e.h, (long long)e.w,
                        (long long)c->limits->turn);
    }
}

/* --- products --- */

/* how many products each element of the result is a sum of; -1 if not known */
static int64_t inner_of(const mil_rule_case *c) {
    mil_shape x = rule_operand_shape(c->in, "x");
    bool flipped = mil_rule_named(c->in->op, "matmul") && mil_rule_number(c, "transpose_x", 0, 0);
    if (x.rank < 1) {
        return -1;
    }
    return x.dims[x.rank - 1 - (flipped && x.rank > 1)];
}

void mil_rule_inner(mil_rule_case *c) {
    int64_t k = inner_of(c);
    if (k > c->limits->inner) {
        mil_rule_breaks(c, "an inner dimension of %lld, at most %lld", (long long)k,
                        (long long)c->limits->inner);
    }
}

void mil_rule_inner_measured(mil_rule_case *c) {
    enum { MEASURED = 32768 };
    int64_t k = inner_of(c);
    if (k > MEASURED && k <= c->limits->inner) {
        mil_rule_breaks(c, "an inner dimension of %lld, %d was measured", (long long)k, MEASURED);
    }
}

void mil_rule_inner_multiple(mil_rule_case *c) {
    enum { MULTIPLE = 32 };
    int64_t k = inner_of(c);
    if (k > 0 && k % MULTIPLE != 0) {
        mil_rule_breaks(c, "an inner dimension of %lld", (long long)k);
    }
}

void mil_rule_product_rank(mil_rule_case *c) {
    enum { HIGHEST = 4 };
    static const char *const names[] = {"x", "y"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const mil_operand *o = rule_operand(c->in, names[i]);
        if (o && o->type->rank > HIGHEST) {
            mil_rule_breaks(c, "%s is of rank %d, at most %d", names[i], o->type->rank, HIGHEST);
        }
    }
}

static int64_t kernel_elements(const mil_rule_case *c) {
    mil_shape w = rule_operand_shape(c->in, "weight");
    int64_t n = 1;
    for (int i = 1; i < w.rank; i++) {
        n *= w.dims[i] > 0 && n <= INT32_MAX && w.dims[i] <= INT32_MAX ? w.dims[i] : 1;
    }
    return n;
}

void mil_rule_long_sum(mil_rule_case *c) {
    enum { LONG = 4096 };
    int64_t k = mil_rule_named(c->in->op, "conv") ? kernel_elements(c) : inner_of(c);
    if (k >= LONG) {
        mil_rule_breaks(c, "each element is a sum of %lld products", (long long)k);
    }
}

/* --- reductions --- */

static int64_t axis_size(const mil_rule_case *c, int64_t axis) {
    mil_shape x = rule_operand_shape(c->in, "x");
    axis += axis < 0 ? x.rank : 0;
    return axis >= 0 && axis < x.rank ? x.dims[axis] : -1;
}

void mil_rule_arg_axis(mil_rule_case *c) {
    int64_t n = axis_size(c, mil_rule_number(c, "axis", 0, -1));
    if (n > c->limits->arg) {
        mil_rule_breaks(c, "an axis of %lld, at most %lld", (long long)n,
                        (long long)c->limits->arg);
    }
}

void mil_rule_long_reduction(mil_rule_case *c) {
    constants axes = rule_constants(c->in, "axes");
    for (size_t i = 0; axes.known == KNOWN && i < axes.count; i++) {
        int64_t n = axis_size(c, (int64_t)axes.at[i]);
        if (n >= c->limits->reduce) {
            mil_rule_breaks(c, "an axis of %lld; from %lld on it is transposed", (long long)n,
                            (long long)c->limits->reduce);
        }
    }
}

void mil_rule_reduction_axis(mil_rule_case *c) {
    constants axes = rule_constants(c->in, "axes");
    int rank = rule_operand_shape(c->in, "x").rank;
    for (size_t i = 0; axes.known == KNOWN && i < axes.count; i++) {
        int axis = (int)axes.at[i] + (axes.at[i] < 0 ? rank : 0);
        if (axis != 1 && axis != rank - 1) {
            mil_rule_breaks(c, "a reduction over axis %d of %d", axis, rank);
        }
    }
}

void mil_rule_narrow_sum(mil_rule_case *c) {
    enum { EXACT = 2048 };
    constants axes = rule_constants(c->in, "axes");
    int64_t n = 1;
    for (size_t i = 0; axes.known == KNOWN && i < axes.count; i++) {
        int64_t size = axis_size(c, (int64_t)axes.at[i]);
        n *= size > 0 && n <= EXACT ? size : 1;
    }
    if (n > EXACT) {
        mil_rule_breaks(c, "a sum of %s%lld elements", axes.count > 1 ? "at least " : "",
                        (long long)n);
    }
}

void mil_rule_odd_softmax(mil_rule_case *c) {
    int64_t n = axis_size(c, mil_rule_number(c, "axis", 0, -1));
    if (n > 0 && (n & (n - 1)) != 0) {
        mil_rule_breaks(c, "a softmax over %lld", (long long)n);
    }
}

void mil_rule_long_index(mil_rule_case *c) {
    enum { EXACT = 2048 };
    bool last = mil_rule_named(c->in->op, "topk argsort");
    int64_t n = axis_size(c, mil_rule_number(c, "axis", 0, last ? -1 : 0));
    if (n > EXACT) {
        mil_rule_breaks(c, "an axis of %lld, at most %d", (long long)n, EXACT);
    }
}

/* --- moves --- */

void mil_rule_wide_concat(mil_rule_case *c) {
    enum { WIDEST = 65536 };
    const mil_name *out = &c->in->op->out[0];
    int64_t w = out->type.rank ? out->type.dims[out->type.rank - 1] : 1;
    if (w > WIDEST) {
        mil_rule_breaks(c, "a row of %lld, at most %d", (long long)w, WIDEST);
    }
}

void mil_rule_wide_join(mil_rule_case *c) {
    enum { MANY_BRANCHES = 12 };
    size_t n = rule_operand_count(c->in, "values");
    if (n >= MANY_BRANCHES) {
        mil_rule_breaks(c, "%zu values are joined", n);
    }
}

void mil_rule_pad_axes(mil_rule_case *c) {
    constants pad = rule_constants(c->in, "pad");
    mil_shape x = rule_operand_shape(c->in, "x");
    size_t axes = pad.count / 2; /* the last ones of x */
    for (size_t i = 0; pad.known == KNOWN && x.rank >= (int)axes && i + 2 < axes; i++) {
        if (pad.at[2 * i] != 0 || pad.at[2 * i + 1] != 0) {
            mil_rule_breaks(c, "axis %d is padded", x.rank - (int)axes + (int)i);
        }
    }
}

void mil_rule_pad_reflect(mil_rule_case *c) {
    const char *mode = rule_string(c->in, "mode");
    if (mode && strcmp(mode, "reflect") == 0) {
        mil_rule_breaks(c, "the mode is reflect");
    }
}

static bool is_step(int64_t n) {
    return n == 1 || n == 2 || n == 3 || n == 4 || n == 8;
}

/* 2, 3, 4 and 8 one after the other */
static bool is_made_of_steps(int64_t n) {
    while (n > 1 && n % 2 == 0) {
        n /= 2;
    }
    while (n > 1 && n % 3 == 0) {
        n /= 3;
    }
    return n <= 1;
}

void mil_rule_tile_factor(mil_rule_case *c) {
    constants reps = rule_constants(c->in, "reps");
    for (size_t i = 0; reps.known == KNOWN && i < reps.count; i++) {
        if (!is_made_of_steps((int64_t)reps.at[i])) {
            mil_rule_breaks(c, "axis %zu is repeated %lld times", i, (long long)reps.at[i]);
        }
    }
}

void mil_rule_space_factor(mil_rule_case *c) {
    static const char *const names[] = {"block_size", "upscale_factor", "downscale_factor",
                                        "block_shape"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        constants k = rule_constants(c->in, names[i]);
        for (size_t j = 0; k.known == KNOWN && j < k.count; j++) {
            if (!is_step((int64_t)k.at[j])) {
                mil_rule_breaks(c, "%s is %lld", names[i], (long long)k.at[j]);
            }
        }
    }
}

/* --- convolutions and pools --- */

typedef struct window {
    int64_t h, w;
} window;

/* of the kernel; 0 where it is not known */
static window kernel_of(const mil_rule_case *c) {
    mil_shape w = rule_operand_shape(c->in, "weight");
    window k = {1, 1};
    if (w.rank >= 3) {
        k.w = w.dims[w.rank - 1];
        k.h = w.rank >= 4 ? w.dims[w.rank - 2] : 1;
    }
    return k;
}

void mil_rule_kernel(mil_rule_case *c) {
    window k = kernel_of(c);
    const mil_limits *most = c->limits;
    if (k.w > most->kernel_width || k.h > most->kernel_height) {
        mil_rule_breaks(c, "a kernel %lld high and %lld wide, at most %lld and %lld",
                        (long long)k.h, (long long)k.w, (long long)most->kernel_height,
                        (long long)most->kernel_width);
    }
}

void mil_rule_kernel_slow(mil_rule_case *c) {
    enum { WIDE = 15, HIGH = 31 };
    window k = kernel_of(c);
    const mil_limits *most = c->limits;
    bool fits = k.w <= most->kernel_width && k.h <= most->kernel_height;
    if (fits && (k.w > WIDE || k.h > (k.w > 1 ? WIDE : HIGH))) {
        mil_rule_breaks(c, "a kernel %lld high and %lld wide", (long long)k.h, (long long)k.w);
    }
}

void mil_rule_kernel_tall(mil_rule_case *c) {
    mil_shape x = rule_operand_shape(c->in, "x");
    window k = kernel_of(c);
    if (x.rank >= 4 && x.dims[x.rank - 2] > 0 && k.h > x.dims[x.rank - 2]) {
        mil_rule_breaks(c, "a kernel %lld high on an input %lld high", (long long)k.h,
                        (long long)x.dims[x.rank - 2]);
    }
}

void mil_rule_group_conv(mil_rule_case *c) {
    mil_shape x = rule_operand_shape(c->in, "x");
    window k = kernel_of(c);
    if (mil_rule_number(c, "groups", 0, 1) > 1 && x.rank > 1 && x.dims[1] > 0 &&
        x.dims[1] <= INT32_MAX && k.w > 0 && k.h > 0 && k.w * k.h <= INT32_MAX &&
        x.dims[1] * k.w * k.h > c->limits->group) {
        mil_rule_breaks(c, "%lld input channels times a kernel of %lld x %lld, at most %lld",
                        (long long)x.dims[1], (long long)k.h, (long long)k.w,
                        (long long)c->limits->group);
    }
}

void mil_rule_stride(mil_rule_case *c) {
    constants s = rule_constants(c->in, "strides");
    for (size_t i = 0; s.known == KNOWN && i < s.count; i++) {
        if (!is_step((int64_t)s.at[i])) {
            mil_rule_breaks(c, "a stride of %lld", (long long)s.at[i]);
        }
    }
}

void mil_rule_transposed_stride(mil_rule_case *c) {
    constants s = rule_constants(c->in, "strides");
    for (size_t i = 0; s.known == KNOWN && i < s.count; i++) {
        if (s.at[i] > 2) {
            mil_rule_breaks(c, "a stride of %lld, at most 2", (long long)s.at[i]);
        }
    }
}

void mil_rule_avg_window(mil_rule_case *c) {
    constants k = rule_constants(c->in, "kernel_sizes");
    for (size_t i = 0; k.known == KNOWN && i < k.count; i++) {
        if ((int64_t)k.at[i] > c->limits->pool) {
            mil_rule_breaks(c, "a window of %lld, at most %lld", (long long)k.at[i],
                            (long long)c->limits->pool);
        }
    }
}

void mil_rule_max_window(mil_rule_case *c) {
    enum { LARGEST = 8 };
    constants k = rule_constants(c->in, "kernel_sizes");
    if (k.known == KNOWN && k.count == 2 && k.at[0] > 1 && k.at[1] > 1 &&
        (k.at[0] > (double)LARGEST || k.at[1] > (double)LARGEST)) {
        mil_rule_breaks(c, "a window of %lld x %lld, at most %d x %d", (long long)k.at[0],
                        (long long)k.at[1], LARGEST, LARGEST);
    }
}

/* --- memory --- */

void mil_rule_working_set(mil_rule_case *c) {
    for (size_t i = 0; i < c->in->operands.len; i++) {
        const mil_operand *o = &c->in->operands.at[i];
        int64_t bytes = mil_rule_bytes(o->type);
        if (bytes > 2 * MEGABYTE) {
            mil_rule_breaks(c, "%s has %lld MB, of which 2 stay on the chip", o->param->name,
                            (long long)((bytes + MEGABYTE - 1) / MEGABYTE));
            return;
        }
    }
}
