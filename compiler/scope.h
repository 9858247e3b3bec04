/* scope.h: values of the language at compile time, and the names that stand for them. */
#ifndef ANET_SCOPE_H
#define ANET_SCOPE_H

#include "elaborate.h"
#include "name_map.h"

typedef enum val_kind {
    V_ERROR, /* something was wrong and has been reported */
    V_INT,
    V_REAL,
    V_BOOL,
    V_STRING,
    V_TENSOR,
    V_TOKENS, /* ids of an input or target */
    V_PARAM,
    V_LAYER,    /* a layer definition */
    V_INSTANCE, /* a layer with its parameters */
    V_TUPLE,
    V_LIST,    /* of a repeat */
    V_BUILTIN, /* a function of the language */
    V_RECORD   /* adamw(...), normal(0.02): a named set of settings */
} val_kind;

typedef struct val val;
typedef struct instance instance;
typedef struct scope scope;

typedef struct record_item {
    const char *name;
    val *value;
    loc at;
} record_item;

struct val {
    val_kind kind;
    int64_t integer;       /* V_INT, V_BOOL, V_PARAM (index), V_BUILTIN (index), V_TOKENS (bound) */
    double real;           /* V_REAL */
    const char *string;    /* V_STRING, V_RECORD (name) */
    value tensor;          /* V_TENSOR, V_TOKENS */
    const shape *axes;     /* V_PARAM: with the names that its layer gives the axes */
    const ast *layer;      /* V_LAYER */
    instance *inst;        /* V_INSTANCE */
    val *items;            /* V_TUPLE, V_LIST */
    record_item *settings; /* V_RECORD */
    int count;             /* of items or settings */
};

typedef enum binding_state { UNKNOWN, IN_PROGRESS, KNOWN } binding_state;

typedef struct binding {
    const char *name;
    loc at;
    const ast *definition; /* LET, PARAM, INPUT ...; NULL once known from elsewhere */
    binding_state state;
    val value;
    const char *outer; /* the caller's name for this dimension, or NULL */
    struct binding *next;
} binding;

struct scope {
    scope *parent;
    instance *owner; /* whose members these are; inherited */
    binding *first, *last;
    name_map names;   /* to their bindings */
    scope **imported; /* of a file: the files it imports, directly or not, nearest first */
    int n_imported;
};

/* A layer with its arguments, made by one call of the layer's name. */
struct instance {
    const ast *layer;
    scope *names;
    const char *path; /* "net.blocks.0.attention"; "" for the model */
    const ast *func;
    const struct tie *ties; /* arguments that stand for a `param` of the layer */
    bool broken;
};

typedef struct tie {
    const char *name;
    val value;
    loc at;
    bool used;
    struct tie *next;
} tie;

typedef struct frame { /* what is being elaborated, for "in layer ..." notes */
    const char *what;
    loc at;
    const struct frame *parent;
    int depth;
} frame;

typedef struct forcing {
    const binding *of;
    const struct forcing *outer;
} forcing;

typedef struct elaborator {
    arena *memory;
    diags *messages;
    const options *options;
    const ast *program;
    elaborated *m;
    graph *g;
    scope **file; /* the names of each file, by its number */
    const frame *stack;
    const struct forcing *forcing; /* definitions that are being evaluated, innermost first */
    const char *naming;            /* path for the next instance, or NULL */
    int64_t turns;                 /* of all repeats, against absurd sizes */
    int64_t frames;                /* layers made and applied so far, likewise */
    int depth;                     /* of eval */
    bool too_deep;                 /* said */
    name_map paths;                /* of instances, to their instances' namesakes */
    value *param_node;             /* PARAM node of each parameter, growing with it */
    size_t param_nodes;
} elaborator;

/* scope.c */
scope *scope_new(elaborator *e, scope *parent, instance *owner);
binding *scope_find_here(const scope *s, const char *name);
/* The nearest binding of the name, and where it stands: in s, around s, then in imported files. */
binding *scope_lookup(scope *s, const char *name, scope **where);
binding *scope_find(scope *s, const char *name);
/* E0202 if the scope has it already */
binding *scope_define(elaborator *e, scope *s, const char *name, loc at, const ast *definition);
void scope_set(elaborator *e, scope *s, const char *name, loc at, val v);
/* "net.blocks.0" and "attention" to "net.blocks.0.attention": the name of something in the layer */
const char *scope_path(elaborator *e, const scope *s, const char *name);
void report_unknown(elaborator *e, const scope *s, const char *name, loc at);
/* An error at `at` with notes for the layers on the stack. */
diag *report(elaborator *e, diag_code code, loc at, const char *fmt, ...) ANET_PRINTF(4, 5);
/* Enters a layer: *f, which must live until the caller sets e->stack back to f->parent. False
 * (E0506) when layers nest too deep. */
bool push_frame(elaborator *e, frame *f, const char *what, loc at);
const char *describe(const elaborator *e,
                     const val *v); /* "an integer", "a tensor [S=256, dim=64]" */
const char *show_shape(const elaborator *e, const shape *s);

val val_error(void);
val val_int(int64_t i);
val val_real(double x);
val val_bool(bool b);
val val_tensor(value t);

/* arithmetic.c */
val eval_binary(elaborator *e, scope *s, const ast *x);
val eval_unary(elaborator *e, scope *s, const ast *x);

/* names.c */
val force(elaborator *e, scope *s, binding *b);
val eval_unpack(elaborator *e, scope *s, const ast *n); /* a tuple with one item per name of n */
val eval_name(elaborator *e, scope *s, const ast *x);
val eval_member(elaborator *e, scope *s, const ast *x);
val eval_index(elaborator *e, scope *s, const ast *x);

/* expr.c */
val eval(elaborator *e, scope *s, const ast *x);
bool eval_int(elaborator *e, scope *s, const ast *x, const char *what, int64_t *i);
bool eval_bool(elaborator *e, scope *s, const ast *x, const char *what, bool *b);
bool as_number(const val *v, double *x);
/* The tensor of a value: numbers become constants, parameters their tensor. 0 after an error. */
value as_tensor(elaborator *e, const val *v, loc at);
/* a op b, broadcast. `sign` is for the message; at: where a, b and all of it stand. */
val tensor_binary(elaborator *e, op_id op, const char *sign, const val *a, const val *b,
                  const loc at[3]);
bool check_shape(elaborator *e, loc at, const shape *s);

/* apply.c */
val apply(elaborator *e, const val *f, const val *args, int n, loc at);

/* layers.c */
val instantiate(elaborator *e, scope *s, const ast *layer, const ast *call);
bool declare_members(elaborator *e, scope *s, const ast *members);
bool check_requirement(elaborator *e, scope *s, const ast *require);
bool check_requirements(elaborator *e, scope *s, const ast *members);
void force_members(elaborator *e, scope *s);
val make_param(elaborator *e, scope *s, const ast *definition);

/* builtins.c */
int builtin_find(const char *name); /* -1 */
size_t builtin_names(const char *const **names);
val builtin_call(elaborator *e, scope *s, int which, const ast *call);
bool record_find(const char *name, val *v); /* `ones`: a record without settings */

/* recipe.c */
void read_recipe(elaborator *e, scope *s, const ast *train);
void read_checkpoint(elaborator *e, scope *s, const ast *checkpoint);

#endif
