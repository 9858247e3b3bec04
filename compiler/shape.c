/* shape.c: the shape of every operation's result. Precondition: operands are right (checked by the
 * elaborator for the user, by construction elsewhere); a violation is an internal error. */
#include "graph.h"

#include <string.h>

typedef void infer_rule(const graph *g, node *n, const shape *given);

static const shape *operand(const graph *g, const node *n, int i) {
    return &graph_node(g, n->in[i])->s;
}

static void infer_GIVEN(const graph *g, node *n, const shape *given) {
    (void)g;
    n->s = *given;
}

static void infer_SAME(const graph *g, node *n, const shape *given) {
    (void)given;
    n->s = *operand(g, n, 0);
}

static void infer_SCALAR(const graph *g, node *n, const shape *given) {
    (void)g;
    (void)given;
    n->s = (shape){0};
}

static void infer_BROADCAST(const graph *g, node *n, const shape *given) {
    (void)given;
    const shape *a = operand(g, n, 0), *b = operand(g, n, 1);
    if (a->rank == 0 || b->rank == 0) {
        n->s = a->rank == 0 ? *b : *a;
        return;
    }
    if (a->rank != b->rank) {
        die("%s of ranks %d and %d", op_infos[n->op].name, a->rank, b->rank);
    }
    n->s = *a;
    for (int i = 0; i < a->rank; i++) {
        if (a->dim[i] != b->dim[i] && a->dim[i] != 1 && b->dim[i] != 1) {
            die("%s of sizes %lld and %lld", op_infos[n->op].name, (long long)a->dim[i],
                (long long)b->dim[i]);
        }
        if (a->dim[i] == 1) {
            n->s.dim[i] = b->dim[i];
            n->s.axis[i] = b->axis[i] ? b->axis[i] : a->axis[i];
        }
    }
}

static void infer_REDUCE(const graph *g, node *n, const shape *given) {
    (void)given;
    n->s = *operand(g, n, 0);
    n->s.dim[n->at.axis] = 1;
    n->s.axis[n->at.axis] = NULL;
}

static void infer_EXPAND(const graph *g, node *n, const shape *given) {
    const shape *x = operand(g, n, 0);
    for (int i = 0; i < given->rank; i++) {
        if (x->rank != given->rank || (x->dim[i] != given->dim[i] && x->dim[i] != 1)) {
            die("expand to another shape");
        }
    }
    n->s = *given;
}

static void infer_RESHAPE(const graph *g, node *n, const shape *given) {
    if (shape_size(operand(g, n, 0)) != shape_size(given)) {
        die("reshape of %lld elements to %lld", (long long)shape_size(operand(g, n, 0)),
            (long long)shape_size(given));
    }
    n->s = *given;
}

static void infer_TRANSPOSE(const graph *g, node *n, const shape *given) {
    (void)given;
    const shape *x = operand(g, n, 0);
    n->s = (shape){.rank = x->rank};
    for (int i = 0; i < x->rank; i++) {
        n->s.dim[i] = x->dim[n->at.perm[i]];
        n->s.axis[i] = x->axis[n->at.perm[i]];
    }
}

static void infer_SLICE(const graph *g, node *n, const shape *given) {
    (void)given;
    n->s = *operand(g, n, 0);
    if (n->at.begin < 0 || n->at.size < 1 || n->at.begin + n->at.size > n->s.dim[n->at.axis]) {
        die("slice beyond its operand");
    }
    n->s.dim[n->at.axis] = n->at.size;
}

static void infer_CONCAT(const graph *g, node *n, const shape *given) {
    (void)given;
    n->s = *operand(g, n, 0);
    n->s.dim[n->at.axis] += operand(g, n, 1)->dim[n->at.axis];
}

static void infer_MATMUL(const graph *g, node *n, const shape *given) {
    const shape *in[2] = {operand(g, n, 0), operand(g, n, 1)};
    n->s = (shape){0};
    while (n->at.label[2][n->s.rank]) {
        int label = n->at.label[2][n->s.rank], at = n->s.rank++;
        for (int k = 0; k < 2; k++) {
            for (int i = 0; i < in[k]->rank; i++) {
                if (n->at.label[k][i] == label) {
                    n->s.dim[at] = in[k]->dim[i];
                    n->s.axis[at] = in[k]->axis[i];
                }
            }
        }
        if (n->s.dim[at] == 0) {
            die("matmul label %d is in no operand", label);
        }
    }
    if (given) {
        memcpy(n->s.axis, given->axis, sizeof n->s.axis);
    }
}

static void infer_GATHER(const graph *g, node *n, const shape *given) {
    (void)given;
    const shape *table = operand(g, n, 0), *ids = operand(g, n, 1);
    int ids_first = !g->stored;
    n->s = (shape){.rank = 2};
    n->s.dim[!ids_first] = ids->dim[0];
    n->s.axis[!ids_first] = ids->axis[0];
    n->s.dim[ids_first] = table->dim[1];
    n->s.axis[ids_first] = table->axis[1];
}

void infer_shape(const graph *g, node *n, const shape *given) {
    static infer_rule *const rules[OP_COUNT] = {
#define OP(ID, name, inputs, flags, INFER, GRAD, LAYOUT, LOWER, mil) [OP_##ID] = infer_##INFER,
#include "ops.def"
    };
    rules[n->op](g, n, given);
    if (n->s.rank > MAX_RANK) {
        die("%s of rank %d", op_infos[n->op].name, n->s.rank);
    }
}
