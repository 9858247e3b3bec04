/* ports.c: see ports.h. */
#include "ane/ports.h"

#include <string.h>

static const mil_func *main_of(const mil_program *mil) {
    for (int i = 0; i < mil->funcs; i++) {
        if (strcmp(mil->func[i].name, "main") == 0) {
            return &mil->func[i];
        }
    }
    return mil->funcs ? &mil->func[0] : NULL;
}

static bool arg_reads(const mil_arg *arg, const char *name) {
    bool reads = arg->kind == MIL_REF && strcmp(arg->ref, name) == 0;
    for (int i = 0; arg->kind == MIL_ARGS && i < arg->parts && !reads; i++) {
        reads = arg_reads(&arg->part[i], name);
    }
    return reads;
}

static bool block_reads(const mil_block *b, const char *name) {
    bool reads = false;
    for (int i = 0; i < b->ops && !reads; i++) {
        const mil_op *op = &b->op[i];
        for (int k = 0; k < op->args && !reads; k++) {
            reads = arg_reads(&op->arg[k], name);
        }
        for (int k = 0; k < op->blocks && !reads; k++) {
            reads = block_reads(&op->block[k], name);
        }
    }
    for (int i = 0; i < b->results && !reads; i++) {
        reads = strcmp(b->result[i], name) == 0;
    }
    return reads;
}

static const mil_type *type_of(const mil_func *f, const char *name) {
    for (int i = 0; i < f->body.ops; i++) {
        for (int k = 0; k < f->body.op[i].outs; k++) {
            if (strcmp(f->body.op[i].out[k].name, name) == 0) {
                return &f->body.op[i].out[k].type;
            }
        }
    }
    for (int i = 0; i < f->body.params; i++) {
        if (strcmp(f->body.param[i].name, name) == 0) {
            return &f->body.param[i].type;
        }
    }
    return NULL;
}

static anet_code make_port(arena *a, const char *program, const char *name, const mil_type *t,
                           anet_port *port, anet_error *err) {
    int64_t n = t && t->kind == MIL_TENSOR ? mil_elements(t) : -1;
    bool known = n > 0 && (t->dtype == MIL_FP16 || t->dtype == MIL_FP32);
    if (!known || t->rank > 5) {
        return anet_fail(
            err, ANET_BAD_INPUT,
            "%s: '%s' is no fp16 or fp32 tensor of a fixed shape and a rank up to 5: the ane "
            "device cannot pass it",
            program, name);
    }
    *port = (anet_port){.name = arena_strdup(a, name),
                        .dtype = mil_dtype_name(t->dtype),
                        .rank = t->rank,
                        .elements = (size_t)n};
    if (t->rank) {
        memcpy(port->dims, t->dims, (size_t)t->rank * sizeof *t->dims);
    }
    return ANET_OK;
}

static anet_code read_ports(arena *a, const char *program, const mil_func *f, ane_ports *p,
                            anet_error *err) {
    const mil_block *b = &f->body;
    *p = (ane_ports){.inputs = b->params, .outputs = b->results};
    p->input = ARENA_ARRAY(a, anet_port, p->inputs + 1);
    p->output = ARENA_ARRAY(a, anet_port, p->outputs + 1);
    p->in = ARENA_ARRAY(a, ane_port, p->inputs + 1);
    p->out = ARENA_ARRAY(a, ane_port, p->outputs + 1);
    for (int i = 0; i < p->inputs; i++) {
        const char *name = b->param[i].name;
        if (make_port(a, program, name, &b->param[i].type, &p->input[i], err)) {
            return err->code;
        }
        p->in[i] = (ane_port){.slot = -1, .read = block_reads(b, name)};
    }
    for (int i = 0; i < p->outputs; i++) {
        if (make_port(a, program, b->result[i], type_of(f, b->result[i]), &p->output[i], err)) {
            return err->code;
        }
        p->out[i] = (ane_port){.slot = -1, .read = true};
    }
    return ANET_OK;
}

anet_code ane_ports_read(arena *a, const anet_source *source, ane_ports *ports, anet_error *err) {
    mil_program *mil;
    anet_code code = mil_read(source->text, source->size, source->name, &mil, err);
    if (code) {
        return code;
    }
    code = mil_check(mil, source->name, err);
    const mil_func *f = main_of(mil);
    if (!code && !f) {
        code = anet_fail(err, ANET_BAD_INPUT, "%s: there is no function", source->name);
    }
    code = code ? code : read_ports(a, source->name, f, ports, err);
    mil_free(mil);
    return code;
}
