/* mil_writer.h: writes MIL operations into a kernel's program. Every function that writes one
 * returns the name of its result. */
#ifndef ANET_MIL_WRITER_H
#define ANET_MIL_WRITER_H

#include "lower.h"

typedef struct mil_shape {
    int rank;
    int64_t dim[MAX_RANK];
} mil_shape;

/* the name that the result of node v has been given */
const char *w_result(const lowering *l, value v);
/* Where axis i of a tensor of this rank lies in its border shape. */
int border_axis(int rank, int i);
mil_shape w_shape(const lowering *l, value v);
/* Into how many parts an axis is folded that is longer than the target's planes; 1 if it is not. */
int64_t w_parts(const lowering *l, int64_t size);
/* The shape that operations give a tensor: at the border, a parameter that is a matrix has the one
 * that matmul wants. */
mil_shape w_plain_shape(const lowering *l, value v);
bool same_mil_shape(const mil_shape *a, const mil_shape *b);
/* Each constant and each reshape is written once. `wanted` is the start of its name. */
const char *w_constant(lowering *l, const char *wanted, mil_value v);
/* A number with float precision: fp32 numerics see it unrounded. */
const char *w_number(lowering *l, double x);
const char *w_flag(lowering *l, const char *wanted, bool b);
const char *w_integers(lowering *l, const char *wanted, int n, const int64_t *x);
const char *w_integer(lowering *l, const char *wanted, int64_t x);
/* An operation: begin, add arguments (sorted by name), finish with type and name of the result. */
mil_op *w_begin(lowering *l, const char *op);
const char *w_finish_as(lowering *l, mil_op *op, mil_dtype type, const mil_shape *s,
                        const char *name);
const char *w_finish(lowering *l, mil_op *op, const mil_shape *s, const char *name);
const char *w_reshape(lowering *l, const char *x, const mil_shape *s, const char *name);
const char *w_reshaped(lowering *l, const char *x, const mil_shape *s, const char *wanted);
/* the part of x that begins at `from` and has the shape *s */
const char *w_slice(lowering *l, const char *x, const int64_t *from, const mil_shape *s,
                    const char *name);
const char *w_binary(lowering *l, const char *mil, const char *x, const char *y, const mil_shape *s,
                     const char *name);
const char *w_tiled(lowering *l, const char *x, const mil_shape *from, const mil_shape *to,
                    const char *name);
/* The same, written once for all who want it; `wanted` is the start of its name. */
const char *w_tiled_once(lowering *l, const char *x, const mil_shape *from, const mil_shape *to,
                         const char *wanted);
/* Axis i of the result is axis perm[i] of x, which has the shape *s. */
const char *w_transpose(lowering *l, const char *x, const mil_shape *s, const int64_t *perm,
                        const char *name);
/* x with zeros behind its elements along the last axes, up to the shape *to. */
const char *w_padded(lowering *l, const char *x, const mil_shape *from, const mil_shape *to,
                     const char *name);
/* The MIL name of operand v; views and constants are written where they are used. */
const char *w_operand_name(lowering *l, value v);
/* Operand v with another shape; what it is a view of is reshaped directly. */
const char *w_operand_as(lowering *l, value v, const mil_shape *s);
/* operand i of node v, in its plain shape */
const char *w_operand(lowering *l, value v, int i);

/* --- lower_matmul.c --- */
void lower_matmul(lowering *l, value v);
/* The form, still without a name, that products among these nodes want of a weight whose inner
 * dimension the target cannot sum over; zeroed if they take it as it is. */
padded padded_form(const lowering *l, value v, const value *at, size_t nodes);

#endif
