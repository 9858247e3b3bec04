/* plan.c: from a MIL function to a program: inputs, ops, results, then the tidying passes. */
#include "host/planner.h"

#include <stdlib.h>
#include <string.h>

static anet_code find_function(const mil_program *mil, const char *name, const mil_func **func,
                               anet_error *err) {
    *func = mil->funcs == 1 ? &mil->func[0] : NULL;
    for (int i = 0; i < mil->funcs; i++) {
        if (strcmp(mil->func[i].name, "main") == 0) {
            *func = &mil->func[i];
        }
    }
    return *func ? ANET_OK
                 : anet_fail(err, ANET_BAD_INPUT, "%s: there is no function 'main' to run", name);
}

static anet_port make_port(arena *memory, const char *name, mil_dtype dtype, const shape *s) {
    anet_port port = {.name = arena_strdup(memory, name),
                      .dtype = mil_dtype_name(dtype),
                      .rank = s->rank,
                      .elements = s->n};
    for (int i = 0; i < s->rank; i++) {
        port.dims[i] = (int64_t)s->dim[i];
    }
    return port;
}

/* a step that shows the value, if someone watches it */
static anet_code watch(planner *p, const mil_op *op, const char *name) {
    const host_config *c = p->config;
    char *ref_name = arena_strdup(p->memory, name);
    mil_arg arg = {.kind = MIL_REF, .ref = ref_name, .loc = op->loc};
    tensor t;
    if (!c->watched || !c->watched(c->context, name) || !host_is_tensor(p, name)) {
        return ANET_OK;
    }
    anet_code code = host_part(p, op, &arg, &t);
    if (code) {
        return code;
    }
    step s = {.op = arena_strdup(p->memory, op->op), .loc = op->loc, .run = host_run_watch};
    s.ins = 1;
    s.in = arena_memdup(p->memory, &t.at, sizeof t.at);
    s.as.watching = (watching){c->watch, c->context, {ref_name, s.op, t.dtype, NULL, NULL}};
    s.as.watching.seen.shape = arena_memdup(p->memory, &t.shape, sizeof t.shape);
    vec_push(&p->steps, s);
    return ANET_OK;
}

anet_code host_run_watch(const step *s, const execution *x) {
    host_value_seen seen = s->as.watching.seen;
    seen.words = at_ref(x, s->in[0]);
    return s->as.watching.watch(s->as.watching.context, &seen, x->err);
}

static anet_code add_inputs(planner *p, const mil_block *body, anet_program *out) {
    out->input = ARENA_ARRAY(p->memory, anet_port, body->params);
    for (int i = 0; i < body->params; i++) {
        const mil_name *param = &body->param[i];
        const mil_type *type = p->config->input ? &p->config->input[i] : &param->type;
        shape s;
        anet_code code = host_static_shape(p, param->loc, param->name, type, &s);
        if (!code) {
            ref at = {host_add_buffer(p, s.n), 0};
            p->buffers.at[at.buffer].kind = BUFFER_INPUT;
            p->buffers.at[at.buffer].port = i;
            code = host_add_tensor(p, param, &s, at, NULL);
        }
        if (code) {
            return code;
        }
        char name[] = "input";
        const mil_op op = {.op = name, .loc = param->loc};
        code = watch(p, &op, param->name);
        if (code) {
            return code;
        }
        out->input[out->inputs++] = make_port(p->memory, param->name, param->type.dtype, &s);
    }
    return ANET_OK;
}

static anet_code add_ops(planner *p, const mil_block *body) {
    for (int i = 0; i < body->ops; i++) {
        const mil_op *op = &body->op[i];
        const host_op *row = host_find_op(op->op);
        if (!row) {
            return host_fail(p, op, "the host device does not run this op");
        }
        planned before = {p->buffers.len, p->steps.len, p->tensors.len};
        anet_code code = row->plan(p, op, row);
        code = code ? code : host_fold_steps(p, before.steps);
        if (!code) { /* literals: codes and masks of weights may be larger than these */
            host_free_constants(p, &before, true, p->tensors.at + before.tensors,
                                p->tensors.len - before.tensors);
        }
        for (int k = 0; k < op->outs && !code; k++) {
            code = watch(p, op, op->out[k].name);
        }
        if (code) {
            return code;
        }
    }
    return ANET_OK;
}

/* reads the results as if an op named "return" used them */
static anet_code add_results(planner *p, const mil_func *func, anet_program *out) {
    const mil_block *body = &func->body;
    out->output = ARENA_ARRAY(p->memory, anet_port, body->results);
    for (int i = 0; i < body->results; i++) {
        char name[] = "return";
        mil_op op = {.op = name, .loc = func->loc};
        mil_arg arg = {.kind = MIL_REF, .ref = body->result[i], .loc = func->loc};
        tensor t;
        anet_code code = host_part(p, &op, &arg, &t);
        if (code) {
            return code;
        }
        vec_push(&p->results, t);
        out->output[out->outputs++] = make_port(p->memory, body->result[i], t.dtype, &t.shape);
    }
    return ANET_OK;
}

/* A result is written right into its surface, unless it is a part or a view of something else, an
 * input, or a result already: then it is copied at the end. */
static void place_results(planner *p) {
    char name[] = "return";
    const mil_op op = {.op = name};
    for (size_t i = 0; i < p->results.len; i++) {
        const tensor *t = &p->results.at[i];
        buffer *b = &p->buffers.at[t->at.buffer];
        if (b->kind == BUFFER_WORK && b->n == t->shape.n) {
            b->kind = BUFFER_OUTPUT;
            b->port = (int)i;
            continue;
        }
        ref to = {host_add_buffer(p, t->shape.n), 0};
        p->buffers.at[to.buffer].kind = BUFFER_OUTPUT;
        p->buffers.at[to.buffer].port = (int)i;
        nest loops = {.rank = 1, .operands = 2, .dim = {t->shape.n}};
        loops.step[0][0] = loops.step[1][0] = 1;
        host_add_copy(p, &op, t->at, to, &loops);
    }
}

/* The vectors of the planner die; the program keeps exact copies. */
static void hand_over(planner *p, anet_program *out) {
    out->buffers = (int)p->buffers.len;
    out->buffer = arena_memdup(p->memory, p->buffers.at, p->buffers.len * sizeof *p->buffers.at);
    out->steps = (int)p->steps.len;
    out->step = arena_memdup(p->memory, p->steps.at, p->steps.len * sizeof *p->steps.at);
    out->base = ARENA_ARRAY(p->memory, float *, out->buffers);
    out->in = ARENA_ARRAY(p->memory, float *, out->inputs);
    out->out = ARENA_ARRAY(p->memory, float *, out->outputs);
    out->bytes = p->bytes;
}

static anet_code build(planner *p, const mil_program *mil, anet_program *out) {
    const mil_func *func;
    anet_code code = find_function(mil, p->name, &func, p->err);
    p->opset = code ? 0 : mil_opset_number(func->opset);
    code = code ? code : add_inputs(p, &func->body, out);
    code = code ? code : add_ops(p, &func->body);
    code = code ? code : add_results(p, func, out);
    if (!code) {
        host_drop_dead_steps(p);
        host_plan_runs(p);
        place_results(p);
        host_free_constants(p, &(planned){0}, false, p->results.at, p->results.len);
    }
    hand_over(p, out); /* also on failure: it owns the constants */
    if (!code) {
        host_plan_memory(out);
        if (out->workspace > MAX_ELEMENTS - p->bytes / sizeof(float)) {
            code = anet_fail(p->err, ANET_BAD_INPUT, "%s: the program needs more than 64 GiB",
                             p->name);
        }
    }
    return code;
}

anet_code host_plan_program(const mil_program *mil, const char *name, const host_config *config,
                            anet_program **program, anet_error *err) {
    anet_program *out = anet_calloc(1, sizeof *out);
    out->memory = arena_new();
    out->name = arena_strdup(out->memory, name);
    planner p = {.memory = out->memory,
                 .name = out->name,
                 .numerics = config->numerics,
                 .config = config,
                 .err = err};
    anet_code code = build(&p, mil, out);
    vec_free(&p.tensors);
    vec_free(&p.buffers);
    vec_free(&p.steps);
    vec_free(&p.results);
    vec_free(&p.base);
    vec_free(&p.infer.operands);
    vec_free(&p.infer.outcomes);
    free(p.names);
    if (code) {
        host_free_program(out);
        out = NULL;
    }
    *program = out;
    return code;
}

void host_free_program(anet_program *p) {
    for (int i = 0; i < p->buffers; i++) {
        free(p->buffer[i].data);
    }
    arena_free(p->memory);
    free(p);
}
