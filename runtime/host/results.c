/* results.c: what the planners of ops leave behind: buffers, steps, and results of the right shape.
 */
#include "host/planner.h"

#include <stdio.h>
#include <string.h>

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
    if (host_look_up(p, p->inferred, name, &t) || host_constant_value(p, p->inferred, t, &value)) {
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
