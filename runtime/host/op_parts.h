/* op_parts.h: what the kernels of whole ops (op_*.c) and their prepare functions share. */
#ifndef ANET_HOST_OP_PARTS_H
#define ANET_HOST_OP_PARTS_H

#include "host/calls.h"

/* --- for prepare --- */

/* host_integers of at most `most` numbers, all of them an int32 */
anet_code host_list(planner *p, const mil_op *op, const char *arg, int64_t *x, int most, int *n);
/* One integer of the constant, in [low, high]. */
anet_code host_integer(planner *p, const mil_op *op, const char *arg, int64_t preset, int64_t low,
                       int64_t high, int64_t *x);
/* Which of the words (ended by NULL) the argument is, in any case of letters. */
anet_code host_choice(planner *p, const mil_op *op, const char *arg, const char *const *words,
                      int preset, int *choice);
/* Fails unless all operands that are there hold floats. */
anet_code host_floats_only(planner *p, const mil_op *op, const host_array *in, int ins);
/* Fails unless the result is as large as x. */
anet_code host_same_size(planner *p, const mil_op *op, const host_array *x, const host_array *out);
/* bit i: axis i is in the argument `axes`; all of them if it is missing */
anet_code host_axes(planner *p, const mil_op *op, int rank, unsigned *axes);

/* --- for kernels --- */

static inline bool host_absent(const host_array *a) {
    return a->dtype == MIL_NONE;
}

/* n floats for free(), or NULL after the error was reported */
float *host_scratch(const host_call *c, size_t n);

/* Calls body for every item in [0, items), in parallel, with `scratch` floats that no other thread
 * uses at that time. Which thread takes an item does not change what it computes. */
typedef void host_item_fn(const void *context, size_t item, float *scratch);
anet_code host_for_items(const host_call *c, size_t items, size_t scratch, host_item_fn *body,
                         const void *context);

/* A product without its operands: alpha is 1, beta 0, and the sums are those of the mode. */
gemm host_gemm(const host_call *c);
/* One block of a product, on the calling thread; the result starts from `bias`, if any: one number
 * for each row of c. */
void host_product_rows(const gemm *g, const float *bias);
/* A whole product, in parallel; `bias`, if it is there, has one number or one for each column. */
void host_product_columns(const host_call *c, const gemm *g, const host_array *bias);

#endif
