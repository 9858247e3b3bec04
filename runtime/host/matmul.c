/* matmul.c: the step of a planned product. */
#include "host/program.h"

anet_code host_run_matmul(const step *s, const execution *x) {
    gemm g = s->as.matmul.product;
    g.a = at_ref(x, s->in[0]);
    g.b = at_ref(x, s->in[1]);
    g.c = at_ref(x, s->out[0]);
    g.tally = s->tally;
    gemm_batched(x->pool, &g, &s->as.matmul.batch);
    return ANET_OK;
}
