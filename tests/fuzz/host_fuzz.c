/* Any bytes as a MIL program: what passes the checks is planned and run on the host device, with
 * random weights and inputs of ones. Programs with large tensors are left out: they only cost time.
 */
#include "fuzz.h"

#include "host/blas.h"
#include "host/program.h"
#include "mil/blob.h"

#include <string.h>

enum { MOST_ELEMENTS = 5000, MOST_OFFSET = 1 << 20, OPEN_DIM = 3 };

static bool is_small(const mil_type *t) {
    int64_t n = 1;
    for (int i = 0; i < t->rank; i++) {
        n *= t->dims[i] < 0 ? OPEN_DIM : t->dims[i];
        if (n > MOST_ELEMENTS) {
            return false;
        }
    }
    return true;
}

static bool has_far_blob(const mil_op *op) {
    const mil_value *v = mil_find_value(op, "val");
    return v && v->kind == MIL_BLOB && v->blob_offset > MOST_OFFSET;
}

static bool all_small(const mil_block *b) {
    bool small = true;
    for (int i = 0; i < b->params; i++) {
        small &= is_small(&b->param[i].type);
    }
    for (int i = 0; i < b->ops && small; i++) {
        const mil_op *op = &b->op[i];
        small &= !has_far_blob(op);
        for (int k = 0; k < op->outs; k++) {
            small &= is_small(&op->out[k].type);
        }
    }
    return small;
}

static mil_type *closed_types(mil_program *p, const mil_block *b) {
    mil_type *types = ARENA_ARRAY(p->memory, mil_type, b->params + 1);
    for (int i = 0; i < b->params; i++) {
        mil_type *t = &types[i];
        *t = b->param[i].type;
        t->dims = ARENA_ARRAY(p->memory, int64_t, t->rank + 1);
        for (int k = 0; k < t->rank; k++) {
            int64_t d = b->param[i].type.dims[k];
            t->dims[k] = d < 0 ? OPEN_DIM : d;
        }
    }
    return types;
}

static float *ones(mil_program *p, const anet_port *port) {
    float *words = ARENA_ARRAY(p->memory, float, port->elements + 1);
    int32_t one = 1;
    for (size_t i = 0; i < port->elements; i++) {
        if (strstr(port->dtype, "int")) {
            memcpy(&words[i], &one, sizeof one);
        } else {
            words[i] = 1;
        }
    }
    return words;
}

static void execute(mil_program *mil, anet_program *p) {
    float **in = ARENA_ARRAY(mil->memory, float *, p->inputs + 1);
    float **out = ARENA_ARRAY(mil->memory, float *, p->outputs + 1);
    anet_error err = {0};
    for (int i = 0; i < p->inputs; i++) {
        in[i] = ones(mil, &p->input[i]);
    }
    for (int i = 0; i < p->outputs; i++) {
        out[i] = ones(mil, &p->output[i]);
    }
    host_execute(p, in, out, ARENA_ARRAY(mil->memory, float, p->workspace + 1), NULL, &err);
}

static void run(mil_program *mil, anet_numerics numerics) {
    mil_weights weights;
    anet_program *p = NULL;
    anet_error err = {0};
    if (mil_weights_random(mil, 1, &weights, &err)) {
        return;
    }
    host_config config = {.numerics = numerics,
                          .blob = weights.files.at,
                          .blobs = (int)weights.files.len,
                          .input = closed_types(mil, &mil->func[0].body)};
    if (host_plan_program(mil, "fuzz.mil", &config, &p, &err) == ANET_OK) {
        execute(mil, p);
        host_free_program(p);
    } else if (!*err.message) {
        abort();
    }
    mil_weights_close(&weights);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    mil_program *mil = NULL;
    anet_error err = {0};
    if (mil_read((const char *)data, size, "fuzz.mil", &mil, &err) == ANET_OK &&
        mil_check(mil, "fuzz.mil", &err) == ANET_OK && mil->funcs == 1 &&
        all_small(&mil->func[0].body) && blas_init(&err) == ANET_OK) {
        run(mil, (anet_numerics)(size % ANET_NUMERICS_MODES));
    }
    mil_free(mil);
    return 0;
}
