/* arguments.c: what the planners of ops share: the table of tensors by name, an op's arguments, and
 * the results and steps that it adds. */
#include "base/half.h"
#include "base/hash.h"
#include "floats.h"
#include "host/planner.h"
#include "mil/blob.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

anet_code host_fail(planner *p, const mil_op *op, const char *fmt, ...) {
    char message[600];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    return anet_fail(p->err, ANET_BAD_INPUT, "%s:%d:%d: %s: %s", p->name, op->loc.line,
                     op->loc.column, op->op, message);
}

host_rounding host_rounds(const planner *p, mil_dtype t) {
    return mil_is_float(t) ? host_numerics_of(p->numerics)->round : ROUND_NONE;
}

anet_code host_static_shape(planner *p, mil_loc loc, const char *what, const mil_type *type,
                            shape *s) {
    const char *problem = NULL;
    *s = (shape){.rank = type->rank, .n = 1};
    if (type->kind != MIL_TENSOR) {
        problem = "is not a tensor";
    } else if (type->rank > MAX_RANK) {
        problem = "has more than 7 dimensions";
    }
    for (int i = 0; i < type->rank && !problem; i++) {
        int64_t d = type->dims[i];
        if (d == MIL_ANY_DIM) {
            problem = "has a dynamic shape";
        } else if (d <= 0) {
            problem = "has no elements";
        } else if ((uint64_t)d > MAX_ELEMENTS / s->n) {
            problem = "needs more than 64 GiB";
        } else {
            s->dim[i] = (size_t)d;
            s->n *= (size_t)d;
        }
    }
    if (problem) {
        return anet_fail(p->err, ANET_BAD_INPUT,
                         "%s:%d:%d: the host device cannot hold '%s': it %s", p->name, loc.line,
                         loc.column, what, problem);
    }
    return ANET_OK;
}

/* --- names --- */

/* where the name is, or the free place for it */
static int *find_name(const planner *p, const char *name) {
    size_t i = hash_bytes(name, strlen(name)) & (p->names_size - 1);
    while (p->names[i] && strcmp(p->tensors.at[p->names[i] - 1].name, name) != 0) {
        i = (i + 1) & (p->names_size - 1);
    }
    return &p->names[i];
}

static void grow_names(planner *p) {
    if (p->tensors.len * 2 < p->names_size) {
        return;
    }
    free(p->names);
    p->names_size = p->names_size ? p->names_size * 2 : 256;
    p->names = anet_calloc(p->names_size, sizeof *p->names);
    for (size_t i = 0; i < p->tensors.len; i++) {
        if (p->tensors.at[i].name) {
            *find_name(p, p->tensors.at[i].name) = (int)i + 1;
        }
    }
}

anet_code host_add_tensor(planner *p, const mil_name *name, const shape *s, ref at,
                          const mil_value *value) {
    grow_names(p);
    int *place = find_name(p, name->name);
    if (*place) {
        return anet_fail(p->err, ANET_BAD_INPUT, "%s:%d:%d: '%s' is defined twice", p->name,
                         name->loc.line, name->loc.column, name->name);
    }
    tensor t = {name->name, name->type.dtype, *s, at, value, false, {0}};
    vec_push(&p->tensors, t);
    *place = (int)p->tensors.len;
    return ANET_OK;
}

bool host_is_tensor(const planner *p, const char *name) {
    int i = p->names_size ? *find_name(p, name) : 0;
    return i && p->tensors.at[i - 1].shape.n > 0;
}

static anet_code look_up(planner *p, const mil_op *op, const char *name, tensor **t) {
    grow_names(p);
    int i = *find_name(p, name);
    if (!i) {
        return host_fail(p, op, "'%s' is not defined", name);
    }
    *t = &p->tensors.at[i - 1];
    return ANET_OK;
}

/* --- constants --- */

static double value_at(const mil_value *v, size_t i) {
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
        double x = value_at(v, i);
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
        words[i] = (float)value_at(v, i);
    }
    host_accept_all(host_rounds(p, t->dtype), words, words, v->count, p->config->pool, NULL);
    return ANET_OK;
}

static anet_code fill_constant(planner *p, const mil_op *op, tensor *t) {
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

/* --- walks --- */

void host_tensor_steps(const tensor *t, ptrdiff_t to[MAX_RANK]) {
    if (t->walked) {
        memcpy(to, t->step, sizeof t->step);
    } else {
        shape_steps(&t->shape, to);
    }
}

void host_pack(planner *p, const mil_op *op, tensor *t) {
    nest loops = {.rank = t->shape.rank, .operands = 2};
    memcpy(loops.dim, t->shape.dim, sizeof loops.dim);
    memcpy(loops.step[0], t->step, sizeof t->step);
    shape_steps(&t->shape, loops.step[1]);
    ref to = {host_add_buffer(p, t->shape.n), 0};
    host_add_copy(p, op, t->at, to, &loops);
    t->at = to;
    t->walked = false;
}

static bool has_rows(const tensor *t) {
    for (int i = t->shape.rank - 1; i >= 0 && t->walked; i--) {
        if (t->shape.dim[i] != 1) {
            return t->step[i] == 1;
        }
    }
    return true;
}

static anet_code get_literal(planner *p, const mil_op *op, mil_loc loc, const mil_value *value,
                             tensor *out) {
    *out = (tensor){.dtype = value->type.dtype, .value = value};
    anet_code code = host_static_shape(p, loc, "a literal", &value->type, &out->shape);
    code = code ? code : fill_constant(p, op, out);
    if (!code) {
        p->buffers.at[out->at.buffer].literal = true;
    }
    return code;
}

static anet_code get_tensor(planner *p, const mil_op *op, const mil_arg *arg, bool rows,
                            tensor *out) {
    if (arg->kind == MIL_ARGS) {
        return host_fail(p, op, "one tensor is expected, not a list of them");
    }
    if (arg->kind == MIL_LITERAL) {
        return get_literal(p, op, arg->loc, arg->literal, out);
    }
    tensor *t = NULL;
    anet_code code = look_up(p, op, arg->ref, &t);
    if (!code && t->at.buffer < 0) {
        code = fill_constant(p, op, t);
    }
    if (code) {
        return code;
    }
    if (t->walked && !(rows && has_rows(t))) {
        host_pack(p, op, t);
    }
    *out = *t;
    return ANET_OK;
}

anet_code host_part(planner *p, const mil_op *op, const mil_arg *arg, tensor *out) {
    return get_tensor(p, op, arg, false, out);
}

/* The parameters of ios16's constexpr ops are attributes. */
static anet_code get_argument(planner *p, const mil_op *op, const char *arg, bool rows,
                              tensor *out) {
    const mil_arg *a = mil_find_arg(op, arg);
    const mil_attr *attr = a ? NULL : mil_find_attr(op, arg);
    if (!a && !attr) {
        return host_fail(p, op, "the argument '%s' is missing", arg);
    }
    return a ? get_tensor(p, op, a, rows, out) : get_literal(p, op, op->loc, &attr->value, out);
}

anet_code host_operand(planner *p, const mil_op *op, const char *arg, tensor *out) {
    return get_argument(p, op, arg, false, out);
}

anet_code host_rows(planner *p, const mil_op *op, const char *arg, tensor *out) {
    return get_argument(p, op, arg, true, out);
}

/* --- constants of an op --- */

/* What a value that was computed from constants is, as if it had been written down; NULL if it is
 * not known, or too long to be anyone's shape or axes. */
static anet_code constant_value(planner *p, const mil_op *op, tensor *t, const mil_value **value) {
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

anet_code host_value(planner *p, const mil_op *op, const char *arg, const mil_value **value) {
    const mil_arg *a = mil_find_arg(op, arg);
    *value = NULL;
    if (!a) {
        const mil_attr *attr = mil_find_attr(op, arg);
        *value = attr ? &attr->value : NULL;
        return ANET_OK;
    }
    if (a->kind == MIL_LITERAL) {
        *value = a->literal;
    } else if (a->kind == MIL_REF) {
        tensor *t = NULL;
        anet_code code = look_up(p, op, a->ref, &t);
        code = code ? code : constant_value(p, op, t, value);
        if (code) {
            return code;
        }
    }
    if (!*value) {
        return host_fail(p, op, "'%s' must be a constant on the host device", arg);
    }
    return ANET_OK;
}

bool host_is_constant(const planner *p, const mil_op *op, const char *arg) {
    const mil_arg *a = mil_find_arg(op, arg);
    if (!a || a->kind != MIL_REF) {
        return true;
    }
    int i = *find_name(p, a->ref);
    const tensor *t = i ? &p->tensors.at[i - 1] : NULL;
    return !t || t->value ||
           (t->at.buffer >= 0 && p->buffers.at[t->at.buffer].kind == BUFFER_CONST);
}

/* the one number of a constant */
anet_code host_number(planner *p, const mil_op *op, const char *arg, double preset, double *x) {
    const mil_value *v;
    anet_code code = host_value(p, op, arg, &v);
    if (code) {
        return code;
    }
    if (!v) {
        *x = preset;
        return isnan(preset) ? host_fail(p, op, "the argument '%s' is missing", arg) : ANET_OK;
    }
    if (v->kind != MIL_NUMBERS || v->count != 1) {
        return host_fail(p, op, "'%s' must be one number", arg);
    }
    *x = value_at(v, 0);
    host_rounding how = host_rounds(p, v->type.dtype);
    *x = how ? (double)host_accept(how, (float)*x) : *x;
    return ANET_OK;
}

anet_code host_string(planner *p, const mil_op *op, const char *arg, const char *preset,
                      const char **s) {
    const mil_value *v;
    anet_code code = host_value(p, op, arg, &v);
    *s = preset;
    if (code || !v) {
        return code ? code
                    : (preset ? ANET_OK : host_fail(p, op, "the argument '%s' is missing", arg));
    }
    if (v->kind != MIL_STRINGS || v->count != 1) {
        return host_fail(p, op, "'%s' must be one string", arg);
    }
    *s = arena_strdup(p->memory, v->strings[0]);
    return ANET_OK;
}

anet_code host_bool(planner *p, const mil_op *op, const char *arg, bool preset, bool *x) {
    double number = 0;
    anet_code code = host_number(p, op, arg, preset, &number);
    *x = !code && number != 0;
    return code;
}

anet_code host_axis(planner *p, const mil_op *op, const char *arg, int preset, int rank,
                    int *axis) {
    double x = 0;
    anet_code code = host_number(p, op, arg, preset, &x);
    if (code) {
        return code;
    }
    if (!(x >= -rank && x < rank) || x != floor(x)) {
        return host_fail(p, op, "%s %g is not an axis of a tensor of rank %d", arg, x, rank);
    }
    *axis = (int)x < 0 ? (int)x + rank : (int)x;
    return ANET_OK;
}

anet_code host_integers(planner *p, const mil_op *op, const char *arg, int64_t x[MAX_RANK],
                        int *n) {
    const mil_value *v;
    *n = -1;
    anet_code code = host_value(p, op, arg, &v);
    if (code || !v) {
        return code;
    }
    if (v->kind != MIL_NUMBERS || v->count > MAX_RANK) {
        return host_fail(p, op, "'%s' must be up to %d integers", arg, MAX_RANK);
    }
    *n = (int)v->count;
    for (int i = 0; i < *n; i++) {
        double d = value_at(v, (size_t)i);
        if (!(fabs(d) < 0x1p62) || d != floor(d)) {
            return host_fail(p, op, "'%s' holds %g, which is no index", arg, d);
        }
        x[i] = (int64_t)d;
    }
    return ANET_OK;
}

/* --- results --- */

int host_add_buffer(planner *p, size_t n) {
    buffer b = {.kind = BUFFER_WORK, .n = n};
    vec_push(&p->buffers, b);
    vec_push(&p->base, NULL);
    return (int)p->buffers.len - 1;
}

anet_code host_count(planner *p, const mil_op *op, shape *s) {
    s->n = 1;
    for (int i = 0; i < s->rank; i++) {
        if (s->dim[i] > MAX_ELEMENTS / s->n) {
            return host_fail(p, op, "the result needs more than 64 GiB");
        }
        s->n *= s->dim[i];
    }
    return ANET_OK;
}

static void shape_text(const shape *s, char *to, size_t size) {
    size_t at = 0;
    to[0] = 0;
    for (int i = 0; i < s->rank && at < size; i++) {
        at += (size_t)snprintf(to + at, size - at, "%s%zu", i ? ", " : "", s->dim[i]);
    }
}

static bool is_open(const mil_type *t) {
    bool open = false;
    for (int i = 0; i < t->rank; i++) {
        open = open || t->dims[i] == MIL_ANY_DIM;
    }
    return open;
}

/* what the inference asks for: the concrete type and, where it is known, the value */
static bool describe(void *context, const char *name, mil_operand *operand) {
    planner *p = context;
    tensor *t = NULL;
    const mil_value *value;
    if (look_up(p, p->inferred, name, &t) || constant_value(p, p->inferred, t, &value)) {
        return false;
    }
    mil_type *type = ARENA_NEW(p->memory, mil_type);
    *type = value ? value->type : mil_scalar(t->dtype);
    if (!value) {
        type->rank = t->shape.rank;
        type->dims = ARENA_ARRAY(p->memory, int64_t, t->shape.rank);
        for (int i = 0; i < t->shape.rank; i++) {
            type->dims[i] = (int64_t)t->shape.dim[i];
        }
    }
    operand->type = type;
    operand->value = value;
    operand->constant = value != NULL;
    return true;
}

static anet_code infer(planner *p, const mil_op *op, int i, shape *s) {
    if (p->inferred != op) {
        p->inferred = op;
        int opset = op->opset ? mil_opset_number(op->opset) : p->opset;
        if (mil_infer(p->name, op, opset, describe, p, &p->infer, p->err)) {
            return p->err->code;
        }
    }
    if (p->infer.believe || (size_t)i >= p->infer.outcomes.len) {
        return host_fail(p, op, "the shape of '%s' depends on data", op->out[i].name);
    }
    const mil_outcome *outcome = &p->infer.outcomes.at[i];
    mil_type type = mil_scalar(outcome->shape.dtype);
    type.rank = outcome->shape.rank;
    type.dims = p->infer.outcomes.at[i].shape.dims;
    if (outcome->whole) {
        type = *outcome->whole;
    }
    if (type.rank < 0 || is_open(&type)) {
        return host_fail(p, op, "the shape of '%s' depends on data that is not known beforehand",
                         op->out[i].name);
    }
    return host_static_shape(p, op->out[i].loc, op->out[i].name, &type, s);
}

anet_code host_result_shape(planner *p, const mil_op *op, int i, shape *s) {
    if (i >= op->outs) {
        return host_fail(p, op, "the result is missing");
    }
    const mil_name *out = &op->out[i];
    return is_open(&out->type) ? infer(p, op, i, s)
                               : host_static_shape(p, out->loc, out->name, &out->type, s);
}

anet_code host_add_result(planner *p, const mil_op *op, int i, const shape *s, ref at) {
    shape declared;
    anet_code code = host_result_shape(p, op, i, &declared);
    if (code) {
        return code;
    }
    const mil_name *out = &op->out[i];
    if (!shape_same(&declared, s)) {
        char a[128], b[128];
        shape_text(&declared, a, sizeof a);
        shape_text(s, b, sizeof b);
        return host_fail(p, op, "'%s' is declared as [%s] but computed as [%s]", out->name, a, b);
    }
    return host_add_tensor(p, out, s, at, NULL);
}

anet_code host_add_walk(planner *p, const mil_op *op, const shape *s, ref at,
                        const ptrdiff_t steps[MAX_RANK]) {
    anet_code code = host_add_result(p, op, 0, s, at);
    if (!code) {
        tensor *t = &p->tensors.at[p->tensors.len - 1];
        ptrdiff_t packed[MAX_RANK];
        shape_steps(s, packed);
        for (int i = 0; i < s->rank; i++) {
            t->step[i] = steps[i];
            t->walked |= s->dim[i] != 1 && steps[i] != packed[i];
        }
    }
    return code;
}

anet_code host_add_step(planner *p, const mil_op *op, step_fn *run, const tensor *const *in,
                        int ins, const shape *s, step **out) {
    if (s->n > MAX_ELEMENTS) {
        return host_fail(p, op, "the result needs more than 64 GiB");
    }
    ref to = {host_add_buffer(p, s->n), 0};
    anet_code code = host_add_result(p, op, 0, s, to);
    if (code) {
        return code;
    }
    step added = {.op = arena_strdup(p->memory, op->op), .loc = op->loc, .run = run, .ins = ins};
    added.tally = host_report_tally(p->config->report, p->name, op->op, op->out[0].name);
    added.in = ARENA_ARRAY(p->memory, ref, ins);
    for (int i = 0; i < ins; i++) {
        added.in[i] = in[i]->at;
    }
    added.outs = 1;
    added.out = arena_memdup(p->memory, &to, sizeof to);
    vec_push(&p->steps, added);
    *out = &p->steps.at[p->steps.len - 1];
    return ANET_OK;
}

void host_add_copy(planner *p, const mil_op *op, ref from, ref to, const nest *loops) {
    step added = {.op = arena_strdup(p->memory, op->op), .loc = op->loc, .run = host_run_copying};
    added.ins = added.outs = 1;
    added.in = arena_memdup(p->memory, &from, sizeof from);
    added.out = arena_memdup(p->memory, &to, sizeof to);
    added.as.copying.loops = *loops;
    host_plan_copying(&added.as.copying);
    vec_push(&p->steps, added);
}
