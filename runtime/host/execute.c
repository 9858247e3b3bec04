/* execute.c: runs the steps of a program. */
#include "host/program.h"

static float *base_of(const buffer *b, float *const *in, float *const *out, float *workspace) {
    switch (b->kind) {
    case BUFFER_INPUT:
        return in[b->port];
    case BUFFER_OUTPUT:
        return out[b->port];
    case BUFFER_CONST:
        return b->data;
    case BUFFER_WORK:
        break;
    }
    return workspace + b->offset;
}

anet_code host_execute(anet_program *p, float *const *in, float *const *out, float *workspace,
                       anet_pool *pool, anet_error *err) {
    for (int i = 0; i < p->buffers; i++) {
        p->base[i] = base_of(&p->buffer[i], in, out, workspace);
    }
    execution x = {.name = p->name, .base = p->base, .pool = pool, .err = err};
    for (int i = 0; i < p->steps; i++) {
        anet_code code = p->step[i].run(&p->step[i], &x);
        if (code) {
            return code;
        }
    }
    return ANET_OK;
}
