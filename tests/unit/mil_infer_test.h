/* mil_infer_test.h: calls of ops in a table, with the types of their results or the complaint. */
#ifndef ANET_TESTS_MIL_INFER_TEST_H
#define ANET_TESTS_MIL_INFER_TEST_H

#include "mil_test.h"

#include "mil/ops.h"

typedef struct call_case {
    int opset;
    const char *params, *call;
    const char *gives; /* "tensor<fp16, [2, ?]>", several separated by "; "; or "! message" */
} call_case;

static inline bool look_up_param(void *context, const char *name, mil_operand *o) {
    const mil_func *f = context;
    for (int i = 0; i < f->body.params; i++) {
        if (strcmp(f->body.param[i].name, name) == 0) {
            o->type = &f->body.param[i].type;
            return true;
        }
    }
    return false;
}

static inline void print_outcome(const mil_outcome *o, text *out) {
    mil_type shaped = mil_scalar(o->shape.dtype);
    mil_shape copy = o->shape;
    shaped.rank = copy.rank;
    shaped.dims = copy.dims;
    text_puts(out, out->len ? "; " : "");
    if (!o->whole && shaped.rank < 0) {
        text_printf(out, "tensor<%s, [..]>", mil_dtype_name(shaped.dtype));
    } else {
        mil_print_type(NULL, o->whole ? o->whole : &shaped, out);
    }
}

static inline int count_results(const call_case *c) {
    int n = 1;
    for (const char *s = c->gives; (s = strstr(s, "; ")); s++) {
        n++;
    }
    return n;
}

static inline void check_case(const call_case *c) {
    arena *a = arena_new();
    text outs = {0}, gave = {0};
    for (int i = 0; i < count_results(c); i++) {
        text_printf(&outs, "%sfp64 r%d", i ? ", " : "", i);
    }
    mil_program *p = read_ok(arena_printf(a, "program(1.3){func f<ios%d>(%s){%s = %s;} -> ();}",
                                          c->opset, c->params, outs.at, c->call));
    mil_inference in = {0};
    anet_error err = {0};
    const mil_op *op = &p->func[0].body.op[0];
    if (mil_infer("t", op, c->opset, look_up_param, &p->func[0], &in, &err)) {
        const char *message = strstr(err.message, op->op);
        text_printf(&gave, "! %s", message ? message + strlen(op->op) + 2 : err.message);
    }
    for (size_t i = 0; i < in.outcomes.len && !err.code; i++) {
        print_outcome(&in.outcomes.at[i], &gave);
    }
    if (!gave.at || strcmp(gave.at, c->gives) != 0) {
        fail_msg("%s\n  gives    %s\n  expected %s", c->call,
                 gave.at ? gave.at : "what is declared", c->gives);
    }
    text_free(&gave);
    text_free(&outs);
    mil_inference_free(&in);
    mil_free(p);
    arena_free(a);
}

#define CHECK_CASES(cases)                                                                         \
    for (size_t i_ = 0; i_ < sizeof(cases) / sizeof *(cases); i_++) {                              \
        check_case(&(cases)[i_]);                                                                  \
    }

#endif
