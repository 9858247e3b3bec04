/* blob_use.c: finds out what a constant is for from the op that uses it first. */
#include "mil/blob_use.h"

#include <math.h>
#include <string.h>

/* results of results are followed so far; a program may be a circle */
enum { MAX_STEPS = 16 };

static const struct {
    const char *op, *arg;
    blob_role role;
} roles[] = {
#define BLOB_ROLE(op, arg, role) {op, arg, BLOB_##role},
#include "mil/blob_roles.def"
};

/* --- names --- */

typedef struct place {
    const char *name;
    size_t order;
    const mil_op *op; /* that defines or uses it; NULL: a parameter */
    const char *arg;  /* of the use */
    const mil_type *type;
} place;

struct blob_names {
    size_t definitions, uses;
    const place *definition, *use; /* by name, then in order */
};

typedef struct places {
    VEC(place) all;
} places;

static void add_place(places *to, place p) {
    p.order = to->all.len;
    vec_push(&to->all, p);
}

static void add_uses(places *uses, const mil_op *op, const mil_arg *arg, const char *name) {
    if (arg->kind == MIL_REF) {
        add_place(uses, (place){.name = arg->ref, .op = op, .arg = name});
    }
    for (int i = 0; i < arg->parts; i++) {
        add_uses(uses, op, &arg->part[i], name);
    }
}

static void add_block(const mil_block *b, places *definitions, places *uses) {
    for (int i = 0; i < b->params; i++) {
        add_place(definitions, (place){.name = b->param[i].name, .type = &b->param[i].type});
    }
    for (int i = 0; i < b->ops; i++) {
        const mil_op *op = &b->op[i];
        for (int k = 0; k < op->outs; k++) {
            place p = {.name = op->out[k].name, .op = op, .type = &op->out[k].type};
            add_place(definitions, p);
        }
        for (int k = 0; k < op->args; k++) {
            add_uses(uses, op, &op->arg[k], op->arg[k].name);
        }
        for (int k = 0; k < op->blocks; k++) {
            add_block(&op->block[k], definitions, uses);
        }
    }
}

static int compare_places(const void *a, const void *b) {
    const place *x = a, *y = b;
    int name = strcmp(x->name, y->name);
    return name ? name : (x->order > y->order) - (x->order < y->order);
}

static const place *sorted(arena *a, places *from, size_t *n) {
    if (from->all.len) {
        qsort(from->all.at, from->all.len, sizeof(place), compare_places);
    }
    *n = from->all.len;
    const place *copy = arena_memdup(a, from->all.at, from->all.len * sizeof(place));
    vec_free(&from->all);
    return copy;
}

blob_names *blob_names_of(arena *a, const mil_func *func) {
    blob_names *names = ARENA_NEW(a, blob_names);
    places definitions = {0}, uses = {0};
    if (func) {
        add_block(&func->body, &definitions, &uses);
    }
    names->definition = sorted(a, &definitions, &names->definitions);
    names->use = sorted(a, &uses, &names->uses);
    return names;
}

/* the first of that name */
static const place *find_place(const place *all, size_t n, const char *name) {
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(all[middle].name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < n && strcmp(all[low].name, name) == 0 ? &all[low] : NULL;
}

static const mil_type *type_of_name(const blob_names *names, const char *name) {
    const place *p = find_place(names->definition, names->definitions, name);
    return p ? p->type : NULL;
}

/* of an argument or attribute, whether it is a name or written in place; NULL if missing */
static const mil_type *type_of_arg(const blob_names *names, const mil_op *op, const char *name) {
    const mil_arg *arg = mil_find_arg(op, name);
    const mil_value *value = mil_find_value(op, name);
    if (value) {
        return &value->type;
    }
    return arg && arg->kind == MIL_REF ? type_of_name(names, arg->ref) : NULL;
}

static bool is_true(const blob_names *names, const mil_op *op, const char *name) {
    const mil_arg *arg = mil_find_arg(op, name);
    const mil_value *value = mil_find_value(op, name);
    if (!value && arg && arg->kind == MIL_REF) {
        const place *p = find_place(names->definition, names->definitions, arg->ref);
        value = p && p->op ? mil_find_value(p->op, "val") : NULL;
    }
    return value && value->kind == MIL_NUMBERS && value->count == 1 && value->numbers[0] != 0;
}

/* --- roles --- */

typedef struct usage {
    const mil_op *op; /* NULL: no one uses it */
    const char *arg;
    const mil_type *type; /* as it arrives there */
} usage;

static blob_role role_of(const usage *u) {
    for (size_t i = 0; u->op && i < sizeof roles / sizeof roles[0]; i++) {
        if (strcmp(roles[i].op, u->op->op) == 0 && strcmp(roles[i].arg, u->arg) == 0) {
            return roles[i].role;
        }
    }
    return BLOB_OTHER;
}

static usage usage_of_name(const blob_names *names, const char *name, const mil_type *type) {
    const place *p = find_place(names->use, names->uses, name);
    return p ? (usage){p->op, p->arg, type} : (usage){NULL, "", type};
}

/* Follows results of ops that only move or decompress to who uses them. */
static usage final_usage(const blob_names *names, usage u) {
    for (int i = 0; i < MAX_STEPS && u.op; i++) {
        blob_role role = role_of(&u);
        if ((role != BLOB_SOURCE && role != BLOB_CODE) || u.op->outs == 0) {
            break;
        }
        const mil_name *out = &u.op->out[u.op->outs - 1]; /* masks come first */
        u = usage_of_name(names, out->name, &out->type);
    }
    return u;
}

static int64_t dim(const mil_type *t, int from_end) {
    return t->rank >= from_end && t->dims[t->rank - from_end] > 0 ? t->dims[t->rank - from_end] : 1;
}

/* how many products make up one result */
static double fan_in(const blob_names *names, const usage *u, blob_role role) {
    const mil_type *t = u->type;
    int64_t n = mil_elements(t);
    if (role == BLOB_FACTOR_X) {
        return (double)dim(t, is_true(names, u->op, "transpose_x") ? 2 : 1);
    }
    if (role == BLOB_FACTOR_Y) {
        return (double)dim(t, is_true(names, u->op, "transpose_y") ? 1 : 2);
    }
    int outs = role == BLOB_WEIGHT_IN_FIRST ? t->rank - 1 : t->rank;
    return n > 0 && t->rank >= 2 ? (double)n / (double)dim(t, outs) : 1;
}

/* of what a constant that decompresses to `u` should have */
static double deviation_at(const blob_names *names, const usage *u) {
    blob_role role = role_of(u);
    bool weight = role == BLOB_WEIGHT || role == BLOB_WEIGHT_IN_FIRST || role == BLOB_FACTOR_X ||
                  role == BLOB_FACTOR_Y || (role == BLOB_OTHER && !u->op);
    return weight ? 1 / sqrt(fan_in(names, u, role)) : 1;
}

/* --- codes and what goes with them --- */

static mil_dtype dtype_of_codes(const blob_names *names, const mil_op *op) {
    static const char *const args[] = {"quantized_data", "data", "nonzero_data", "input"};
    const mil_type *t = NULL;
    for (int i = 0; i < 4 && !t; i++) {
        t = type_of_arg(names, op, args[i]);
    }
    return !t ? MIL_INT8 : mil_is_float(t->dtype) && op->outs ? op->out[0].type.dtype : t->dtype;
}

static blob_use scale_of_codes(const blob_names *names, const usage *u) {
    mil_dtype codes = dtype_of_codes(names, u->op);
    if (!mil_is_integer(codes)) {
        return (blob_use){.kind = BLOB_AROUND, .middle = 1};
    }
    double spread = ldexp(1, mil_dtype_bits(codes)) / sqrt(12);
    usage result = {NULL, "", u->type};
    if (u->op->outs) {
        const mil_name *out = &u->op->out[u->op->outs - 1];
        result = final_usage(names, usage_of_name(names, out->name, &out->type));
    }
    return (blob_use){.kind = BLOB_AROUND, .middle = deviation_at(names, &result) / spread};
}

static blob_use zero_of_codes(const blob_names *names, const usage *u) {
    mil_dtype codes = dtype_of_codes(names, u->op);
    bool plain = !mil_is_integer(codes) || mil_is_signed(codes);
    return (blob_use){.kind = BLOB_AROUND,
                      .middle = plain ? 0 : ldexp(1, mil_dtype_bits(codes) - 1)};
}

static blob_use index_of(const blob_names *names, const usage *u) {
    const mil_type *x = type_of_arg(names, u->op, "x");
    uint64_t least = UINT64_MAX;
    x = x ? x : type_of_arg(names, u->op, "data");
    for (int i = 0; x && i < x->rank; i++) {
        uint64_t d = x->dims[i] > 0 ? (uint64_t)x->dims[i] : 1;
        least = d < least ? d : least;
    }
    return (blob_use){.kind = BLOB_BELOW, .bound = least == UINT64_MAX ? 1 : least};
}

static blob_use mask_of(const blob_names *names, const usage *u) {
    const mil_type *data = type_of_arg(names, u->op, "nonzero_data");
    data = data ? data : type_of_arg(names, u->op, "indices_nonzero_data");
    bool packed = u->type->dtype != MIL_UINT1 && u->op->outs;
    int64_t of = mil_elements(packed ? &u->op->out[0].type : u->type);
    int64_t ones = data ? mil_elements(data) : 0;
    return (blob_use){
        .kind = BLOB_BITS, .ones = ones > 0 ? (uint64_t)ones : 0, .of = of > 0 ? (uint64_t)of : 0};
}

/* --- the whole --- */

static blob_use use_of_values(const blob_names *names, const usage *u) {
    usage last = final_usage(names, *u);
    blob_role role = role_of(&last);
    if (role == BLOB_NEAR_ONE) {
        return (blob_use){.kind = BLOB_AROUND, .middle = 1};
    }
    if (!mil_is_float(u->type->dtype)) {
        bool code = mil_dtype_bits(u->type->dtype) <= 8;
        return (blob_use){.kind = code ? BLOB_FULL_RANGE : BLOB_BELOW, .bound = 2};
    }
    if (role == BLOB_SMALL || (role == BLOB_OTHER && last.type->rank < 2)) {
        return (blob_use){.deviation = 0.02};
    }
    if (role == BLOB_OTHER) {
        return (blob_use){.deviation = 1 / sqrt(fan_in(names, &last, BLOB_WEIGHT))};
    }
    return (blob_use){.deviation = deviation_at(names, &last)};
}

blob_use blob_find_use(const blob_names *names, const blob_ref *ref) {
    const mil_type *type = &ref->value->type;
    usage u = {ref->op, ref->arg, type};
    if (ref->op && strcmp(ref->op->op, "const") == 0 && ref->op->outs == 1) {
        u = usage_of_name(names, ref->op->out[0].name, type);
    }
    switch (role_of(&u)) {
    case BLOB_SCALE:
        return scale_of_codes(names, &u);
    case BLOB_ZERO_POINT:
        return zero_of_codes(names, &u);
    case BLOB_INDEX:
        return index_of(names, &u);
    case BLOB_MASK:
        return mask_of(names, &u);
    default:
        return use_of_values(names, &u);
    }
}
