/* plan_call.c: ops that run as one call of a kernel on whole tensors, and those that do not run. */
#include "host/kernels.h"

#include <stdio.h>
#include <string.h>

static host_array as_array(const tensor *t) {
    return (host_array){.dtype = t->dtype, .shape = t->shape};
}

typedef VEC(tensor) tensor_list;

/* "values*" */
static anet_code add_members(planner *p, const mil_op *op, const char *name, tensor_list *in) {
    const mil_arg *arg = mil_find_arg(op, name);
    int n = !arg ? 0 : arg->kind == MIL_ARGS ? arg->parts : 1;
    for (int i = 0; i < n; i++) {
        tensor t;
        anet_code code = host_part(p, op, arg->kind == MIL_ARGS ? &arg->part[i] : arg, &t);
        if (code) {
            return code;
        }
        vec_push(in, t);
    }
    return ANET_OK;
}

static anet_code add_operand(planner *p, const mil_op *op, const char *name, tensor_list *in) {
    tensor t = {.at = {-1, 0}};
    anet_code code = ANET_OK;
    if (mil_find_arg(op, name) || mil_find_attr(op, name)) {
        code = host_operand(p, op, name, &t);
    }
    if (!code) {
        vec_push(in, t);
    }
    return code;
}

/* the operands that the row names, in its order */
static anet_code get_operands(planner *p, const mil_op *op, const char *words, tensor_list *in) {
    while (*words) {
        char name[64];
        size_t n = strcspn(words, " ");
        bool many = n > 0 && words[n - 1] == '*';
        snprintf(name, sizeof name, "%.*s", (int)(n - many), words);
        anet_code code = many ? add_members(p, op, name, in) : add_operand(p, op, name, in);
        if (code) {
            return code;
        }
        words += n + (words[n] == ' ');
    }
    return ANET_OK;
}

static anet_code add_results(planner *p, const mil_op *op, const host_op *row, step *s) {
    calling *call = &s->as.calling;
    s->outs = op->outs;
    s->out = ARENA_ARRAY(p->memory, ref, op->outs);
    call->out = ARENA_ARRAY(p->memory, host_array, op->outs);
    call->round = ARENA_ARRAY(p->memory, host_rounding, op->outs);
    for (int i = 0; i < op->outs; i++) {
        shape of_result;
        anet_code code = host_result_shape(p, op, i, &of_result);
        if (code) {
            return code;
        }
        mil_dtype dtype = op->out[i].type.dtype;
        call->out[i] = (host_array){.dtype = dtype, .shape = of_result};
        call->round[i] = row->moves ? ROUND_NONE : host_rounds(p, dtype);
        s->out[i] = (ref){host_add_buffer(p, of_result.n), 0};
    }
    return ANET_OK;
}

static void bind_operands(planner *p, const tensor_list *in, step *s) {
    s->ins = (int)in->len;
    s->in = ARENA_ARRAY(p->memory, ref, s->ins);
    s->as.calling.in = ARENA_ARRAY(p->memory, host_array, s->ins);
    int present = 0;
    for (int i = 0; i < s->ins; i++) {
        s->as.calling.in[i] = as_array(&in->at[i]);
        if (in->at[i].dtype) {
            s->in[present++] = in->at[i].at;
        }
    }
    s->as.calling.ins = s->ins;
    s->ins = present; /* absent ones have no buffer */
}

static anet_code plan(planner *p, const mil_op *op, const host_op *row, tensor_list *in) {
    step s = {.op = arena_strdup(p->memory, op->op), .loc = op->loc, .run = host_run_call};
    calling *call = &s.as.calling;
    call->kernel = row->kernel;
    call->numerics = p->numerics;
    s.tally =
        host_report_tally(p->config->report, p->name, op->op, op->outs ? op->out[0].name : "");
    anet_code code = get_operands(p, op, row->words, in);
    bind_operands(p, in, &s);
    code = code ? code : add_results(p, op, row, &s);
    if (!code && row->prepare) {
        code = row->prepare(p, op, call->in, call->ins, call->out, s.outs, &call->params);
    }
    for (int i = 0; i < s.outs && !code; i++) {
        code = host_add_result(p, op, i, &call->out[i].shape, s.out[i]);
    }
    if (!code) {
        vec_push(&p->steps, s);
    }
    return code;
}

anet_code host_plan_call(planner *p, const mil_op *op, const host_op *row) {
    tensor_list in = {0};
    anet_code code = plan(p, op, row, &in);
    vec_free(&in);
    return code;
}

anet_code host_plan_refused(planner *p, const mil_op *op, const host_op *row) {
    return host_fail(p, op, "the host device does not run this op: %s", row->words);
}

anet_code host_run_call(const step *s, const execution *x) {
    const calling *c = &s->as.calling;
    for (int i = 0, present = 0; i < c->ins; i++) {
        c->in[i].f = c->in[i].dtype ? at_ref(x, s->in[present++]) : NULL;
    }
    for (int i = 0; i < s->outs; i++) {
        c->out[i].f = at_ref(x, s->out[i]);
    }
    host_call call = {.name = x->name,
                      .op = s->op,
                      .loc = s->loc,
                      .ins = c->ins,
                      .outs = s->outs,
                      .in = c->in,
                      .out = c->out,
                      .params = c->params,
                      .numerics = c->numerics,
                      .tally = s->tally,
                      .pool = x->pool,
                      .err = x->err};
    anet_code code = c->kernel(&call);
    for (int i = 0; i < s->outs && !code; i++) {
        if (c->round[i]) {
            host_round_all(c->round[i], c->out[i].f, c->out[i].f, c->out[i].shape.n, x->pool,
                           s->tally);
        }
    }
    return code;
}
