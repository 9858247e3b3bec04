/* shapes.c: inputs may leave dimensions open; here they get their numbers. */
#include "mil_run/run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char *run_show_type(arena *a, mil_dtype dtype, int rank, const int64_t *dims) {
    text t = {0};
    text_puts(&t, mil_dtype_name(dtype));
    for (int i = 0; i < rank; i++) {
        text_puts(&t, i ? ", " : " [");
        if (dims[i] == MIL_ANY_DIM) {
            text_putc(&t, '?');
        } else {
            text_printf(&t, "%" PRId64, dims[i]);
        }
    }
    text_puts(&t, rank ? "]" : "");
    return text_move(&t, a);
}

static const char *declared(run *r, const run_input *in) {
    const mil_type *t = &in->param->type;
    return run_show_type(r->memory, t->dtype, t->rank, t->dims);
}

/* --- where numbers come from --- */

static anet_code bad_shape(run *r, const run_input *in, const char *what) {
    return anet_fail(r->err, ANET_BAD_USAGE, "--shape %s=%s does not fit the input, which is %s",
                     in->param->name, what, declared(r, in));
}

/* the dims of "1,3,64"; as many as the input has */
static anet_code parse_shape(run *r, const run_input *in, const char *what, int64_t *dims) {
    const mil_type *t = &in->param->type;
    const char *s = what;
    for (int i = 0; i < t->rank; i++) {
        char *end;
        dims[i] = *s >= '0' && *s <= '9' ? strtoll(s, &end, 10) : -1;
        if (dims[i] < 1 || dims[i] == INT64_MAX || *end != (i + 1 < t->rank ? ',' : 0)) {
            return bad_shape(r, in, what);
        }
        s = end + 1;
    }
    bool fits = t->rank > 0;
    for (int i = 0; i < t->rank; i++) {
        fits &= t->dims[i] == MIL_ANY_DIM || t->dims[i] == dims[i];
    }
    return fits ? ANET_OK : bad_shape(r, in, what);
}

static const mil_value *item_named(const mil_value *dict, const char *name) {
    for (size_t i = 0; dict && dict->kind == MIL_ITEMS && i + 1 < dict->count; i += 2) {
        const mil_value *key = &dict->items[i];
        if (key->kind == MIL_STRINGS && key->count == 1 && strcmp(key->strings[0], name) == 0) {
            return &dict->items[i + 1];
        }
    }
    return NULL;
}

/* FlexibleShapeInformation = ((("DefaultShapes", {{"x", [1, 4]}}), ...)) */
static const mil_value *default_shape(const run *r, const char *input) {
    const mil_func *f = r->func;
    for (int i = 0; i < f->attrs; i++) {
        const mil_value *v = &f->attr[i].value;
        if (strcmp(f->attr[i].name, "FlexibleShapeInformation") != 0 || v->kind != MIL_ITEMS) {
            continue;
        }
        for (size_t k = 0; k < v->count; k++) { /* each a pair, which is a dict of one */
            const mil_value *dims = item_named(item_named(&v->items[k], "DefaultShapes"), input);
            if (dims && dims->kind == MIL_NUMBERS) {
                return dims;
            }
        }
    }
    return NULL;
}

static bool has_open_dims(const mil_type *t) {
    for (int i = 0; i < t->rank; i++) {
        if (t->dims[i] == MIL_ANY_DIM) {
            return true;
        }
    }
    return false;
}

/* --- filling in --- */

static anet_code no_shape(run *r, const run_input *in) {
    const mil_type *t = &in->param->type;
    text example = {0};
    for (int i = 0; i < t->rank; i++) {
        text_printf(&example, "%s%" PRId64, i ? "," : "",
                    t->dims[i] == MIL_ANY_DIM ? INT64_C(1) : t->dims[i]);
    }
    return anet_fail(r->err, ANET_BAD_USAGE,
                     "the input '%s' is %s: say its shape, such as --shape %s=%s", in->param->name,
                     declared(r, in), in->param->name, text_move(&example, r->memory));
}

static anet_code find_shape(run *r, run_input *in) {
    const mil_type *t = &in->param->type;
    const run_pair *given = run_find_pair(&r->options, RUN_SHAPE, in->param->name);
    in->type = *t;
    in->type.dims = ARENA_ARRAY(r->memory, int64_t, t->rank + 1);
    memcpy(in->type.dims, t->dims ? t->dims : in->type.dims, (size_t)t->rank * sizeof *t->dims);
    if (given && given->name) {
        return parse_shape(r, in, given->what, in->type.dims);
    }
    if (!has_open_dims(t)) {
        return ANET_OK;
    }
    if (given) {
        return parse_shape(r, in, given->what, in->type.dims);
    }
    const mil_value *preset = default_shape(r, in->param->name);
    bool file = in->array.bytes && in->array.rank == t->rank;
    if (!file && (!preset || preset->count != (size_t)t->rank)) {
        return no_shape(r, in);
    }
    for (int i = 0; i < t->rank; i++) {
        int64_t d = file ? in->array.dims[i] : (int64_t)preset->numbers[i];
        in->type.dims[i] = t->dims[i] == MIL_ANY_DIM ? d : t->dims[i];
    }
    return ANET_OK;
}

anet_code run_find_shapes(run *r) {
    int n = r->func->body.params;
    anet_code code = ANET_OK;
    r->types = ARENA_ARRAY(r->memory, mil_type, n + 1);
    for (int i = 0; i < n && !code; i++) {
        code = find_shape(r, &r->input[i]);
        r->types[i] = r->input[i].type;
    }
    return code;
}
