/* constants.c: what is known while planning: written in the text, kept in a weight file, or
 * computed from such. */
#include "base/half.h"
#include "floats.h"
#include "host/planner.h"
#include "mil/blob.h"

double host_value_at(const mil_value *v, size_t i) {
    return v->integers ? (double)v->integers[i] : v->numbers[i];
}

anet_code host_make_constant(planner *p, int i) {
    buffer *b = &p->buffers.at[i];
    b->data = floats_try_new(b->n);
    if (!b->data) {
        return anet_fail(p->err, ANET_FAILED, "%s: no memory for a constant of %zu elements",
                         p->name, b->n);
    }
    b->kind = BUFFER_CONST;
    p->base.at[i] = b->data;
    p->bytes += b->n * sizeof *b->data;
    return ANET_OK;
}

static anet_code read_blob(planner *p, const mil_op *op, const tensor *t, float *words) {
    mil_blob_entry entry;
    anet_error err = {0};
    if (mil_blob_value(p->config->blob, p->config->blobs, t->value, &entry, &err)) {
        return host_fail(p, op, "%s: %s", t->name ? t->name : "a constant", err.message);
    }
    if (mil_is_integer(t->dtype)) {
        mil_blob_ints(&entry, 0, t->shape.n, (int32_t *)words);
        return ANET_OK;
    }
    mil_blob_floats(&entry, 0, t->shape.n, words);
    host_accept_all(host_rounds(p, t->dtype), words, words, t->shape.n, p->config->pool, NULL);
    return ANET_OK;
}

static anet_code write_ints(planner *p, const mil_op *op, const mil_value *v, int32_t *to) {
    for (size_t i = 0; i < v->count; i++) {
        double x = host_value_at(v, i);
        if (!(x >= INT32_MIN && x <= INT32_MAX)) {
            return host_fail(p, op,
                             "%.17g is beyond the 32 bits that the host device computes with", x);
        }
        to[i] = (int32_t)x;
    }
    return ANET_OK;
}

static anet_code write_numbers(planner *p, const mil_op *op, const tensor *t, float *words) {
    const mil_value *v = t->value;
    if (v->kind != MIL_NUMBERS || v->count != t->shape.n) {
        return host_fail(p, op, "'%s' is not a tensor of numbers", t->name ? t->name : "a literal");
    }
    if (mil_is_integer(t->dtype)) {
        return write_ints(p, op, v, (int32_t *)words);
    }
    for (size_t i = 0; i < v->count; i++) {
        words[i] = (float)host_value_at(v, i);
    }
    host_accept_all(host_rounds(p, t->dtype), words, words, v->count, p->config->pool, NULL);
    return ANET_OK;
}

anet_code host_fill_constant(planner *p, const mil_op *op, tensor *t) {
    if (t->shape.n == 0) {
        return host_fail(p, op, "'%s' is not a tensor of numbers", t->name ? t->name : "a literal");
    }
    t->at = (ref){host_add_buffer(p, t->shape.n), 0};
    anet_code code = host_make_constant(p, t->at.buffer);
    if (code) {
        return code;
    }
    float *words = p->buffers.at[t->at.buffer].data;
    return t->value->kind == MIL_BLOB ? read_blob(p, op, t, words) : write_numbers(p, op, t, words);
}

anet_code host_constant_value(planner *p, const mil_op *op, tensor *t, const mil_value **value) {
    enum { LONGEST = 4096 };
    *value = t->value;
    if (t->value || t->at.buffer < 0 || p->buffers.at[t->at.buffer].kind != BUFFER_CONST ||
        t->shape.n > LONGEST) {
        return ANET_OK;
    }
    if (t->walked) {
        size_t first = p->steps.len;
        host_pack(p, op, t);
        anet_code code = host_fold_steps(p, first);
        if (code) {
            return code;
        }
    }
    const float *words = p->base.at[t->at.buffer] + t->at.at;
    mil_value *v = ARENA_NEW(p->memory, mil_value);
    *v = (mil_value){.type = mil_scalar(t->dtype), .kind = MIL_NUMBERS, .typed = true};
    v->type.rank = t->shape.rank;
    v->type.dims = ARENA_ARRAY(p->memory, int64_t, t->shape.rank);
    for (int i = 0; i < t->shape.rank; i++) {
        v->type.dims[i] = (int64_t)t->shape.dim[i];
    }
    v->count = t->shape.n;
    v->numbers = ARENA_ARRAY(p->memory, double, v->count);
    for (size_t i = 0; i < v->count; i++) {
        v->numbers[i] =
            mil_is_integer(t->dtype) ? (double)((const int32_t *)words)[i] : (double)words[i];
    }
    *value = t->value = v;
    return ANET_OK;
}
