/* graph.h: the typed tensor graph, the compiler's one intermediate representation.
 *
 * SSA: a node is an operation and the tensor it computes; a `value` is the node's number. Nodes are
 * in topological order: operands come before their uses. Every node knows where it came from
 * (source place, layer call, forward node that its gradient rule served). The same structure serves
 * before layout (axes as the user wrote them) and after (axes in storage order). */
#ifndef ANET_GRAPH_H
#define ANET_GRAPH_H

#include "diag.h"
#include "passes.h"
#include "source.h"

#include "abi.h"
#include "base/arena.h"
#include "base/text.h"
#include "base/vec.h"

#include <stdbool.h>
#include <stdint.h>

enum { MAX_RANK = 6 };
enum { MAX_INPUTS = 3 };

typedef uint32_t value; /* 0: none */

typedef enum op_id {
    OP_NONE,
#define OP(ID, ...) OP_##ID,
#include "ops.def"
    OP_COUNT
} op_id;

typedef enum op_flags {
    OP_LEAF = 1,
    OP_ELEMENTWISE = 2,
    OP_COMMUTATIVE = 4,
    OP_VIEW = 8,     /* same bytes, other shape */
    OP_AXIS = 16,    /* attribute: axis */
    OP_RANGE = 32,   /* attributes: begin, size */
    OP_PERM = 64,    /* attribute: perm */
    OP_LABELS = 128, /* attribute: labels */
    OP_INVERSE = 256 /* attribute: inverse */
} op_flags;

typedef struct op_info {
    const char *name;
    int inputs;
    unsigned flags;
    const char *mil;
} op_info;

extern const op_info op_infos[OP_COUNT];

/* The words of the language and of dumps for what abi.h numbers; the lists end with NULL. */
typedef struct init_info {
    const char *name;
    int numbers;
} init_info;

extern const init_info graph_inits[];    /* by anet_init */
extern const char *const graph_tables[]; /* by anet_table */

typedef struct shape {
    int rank;
    int64_t dim[MAX_RANK];
    const char *axis[MAX_RANK]; /* names as the user wrote them, or NULL */
} shape;

/* Attributes of a node. Unused ones are 0, so that equal operations have equal bytes. */
typedef struct attrs {
    double number; /* CONST: the value of every element; RSQRT, LOG: epsilon; TABLE: argument */
    int64_t index; /* PARAM, INPUT, TARGET: which; TABLE: kind (anet_table) */
    int64_t axis;  /* OP_AXIS */
    int64_t other; /* ROPE: the axis of positions */
    int64_t begin, size;
    int64_t inverse;
    int8_t perm[8];     /* result axis i is operand axis perm[i] */
    int8_t label[3][8]; /* MATMUL: of a's axes, b's axes, the result's axes; from 1 */
} attrs;

typedef struct origin { /* where a node comes from */
    loc at;
    uint32_t call; /* layer call (graph.calls) */
    value forward; /* backward nodes: the node whose gradient rule made this one */
    bool backward;
    bool cpu;           /* @cpu */
    const char *kernel; /* @kernel(name) */
} origin;

typedef struct node {
    op_id op;
    shape s;
    value in[MAX_INPUTS];
    attrs at;
    origin from;
    const char *name;  /* the user's name for the value, or NULL */
    bool name_implied; /* it is that of the layer that computed it, not one given to the value */
    anet_place place;
    bool native;     /* set by place: a step of the schedule, in no kernel */
    uint32_t kernel; /* 0: in none */
} node;

typedef struct kernel {
    const char *name;
    anet_place place;
    uint32_t call; /* of its first node */
    bool backward;
} kernel;

typedef struct layer_call { /* one use of a layer instance; 0 is the model itself */
    uint32_t parent;
    const char *path;  /* "net.blocks.0.attention" */
    const char *layer; /* "Attention" */
    loc at;
} layer_call;

typedef struct param {
    const char *name;
    shape s;
    anet_init init;
    double a, b;
    bool frozen;
    loc at;   /* of its declaration */
    loc made; /* where the model makes the layer that holds it; `at` if the model does */
} param;

typedef struct gradient { /* one contribution to a parameter's gradient */
    int param;
    value g;
} gradient;

typedef struct token_input {
    const char *name;
    int64_t length, vocab;
} token_input;

typedef struct graph {
    arena *memory;
    VEC(node) nodes; /* nodes.at[0] is unused */
    VEC(layer_call) calls;
    VEC(param) params;
    VEC(token_input) inputs;
    VEC(token_input) targets;
    VEC(gradient) gradients;
    value loss, logits;
    uint32_t n_forward;  /* nodes below are forward, the others backward; set by differentiate */
    origin here;         /* given to new nodes */
    VEC(kernel) kernels; /* set by fuse; kernels.at[0] is unused */
    bool stored;         /* axes are in storage order */
    pass_id after;       /* the last pass that has seen it, until the graph is done */
} graph;

graph *graph_new(arena *memory);
void graph_free(graph *g);

node *graph_node(const graph *g, value v);
/* Takes all nodes away, for a pass that adds them anew; the array is the caller's to free. */
node *graph_take_nodes(graph *g);
/* The results and gradients of the graph are those that map gives for them. */
void graph_map_roots(graph *g, const value *map);
bool op_is(const graph *g, value v, op_id op);
unsigned op_flag(op_id op, unsigned flags);
int64_t shape_size(const shape *s);
bool shape_equal(const shape *a, const shape *b); /* sizes */

/* Adds a node and infers its shape (`given` where the operation cannot know it). Wrong operands are
 * a bug of the caller: the user's mistakes are found before. */
value graph_add(graph *g, op_id op, const value *in, const attrs *at, const shape *given);
void infer_shape(const graph *g, node *n, const shape *given); /* shape.c */

value g_const(graph *g, double number); /* scalar */
value g_fill(graph *g, double number, const shape *s);
value g_unary(graph *g, op_id op, value x);
/* operands of lower rank get leading axes of size 1 */
value g_binary(graph *g, op_id op, value a, value b);
value g_scale(graph *g, value x, double factor);
value g_reduce(graph *g, op_id op, value x, int axis);
value g_softmax(graph *g, value x, int axis);
value g_reshape(graph *g, value x, const shape *s);
value g_transpose(graph *g, value x, const int8_t *perm);
value g_expand(graph *g, value x, const shape *s);
value g_slice(graph *g, value x, int axis, int64_t begin, int64_t size);
value g_concat(graph *g, value a, value b, int axis);

value view_root(const graph *g, value v); /* through views */
/* Names a value, or what it is a view of, unless it has a name; a given name replaces an implied
 * one. */
void name_value(graph *g, value v, const char *name, bool implied);

/* "net.blocks.0.attention.wq.weight" -> "wq.weight": the same in every layer */
const char *param_tail(const char *path);

/* dumps (graph_print.c); graph_read.h reads the first one back */
void graph_print(const graph *g, text *out);
void graph_print_node(const graph *g, value v, text *out);
void shape_print(const shape *s, text *out); /* [S=256, dim=768] */
const char *shape_string(arena *memory, const shape *s);
void graph_print_dot(const graph *g, text *out);

/* verify.c: NULL, or what is wrong */
const char *graph_verify(const graph *g);

/* Ends the program with exit code 70: a bug of ours. */
void die(const char *fmt, ...) ANET_PRINTF(1, 2) ANET_NORETURN;

#endif
