/* program.c: loading. */
#include "program.h"

#include "chip.h"
#include "compiler.h"
#include "floats.h"
#include "host/blas.h"
#include "host/program.h"

#include <stdlib.h>
#include <string.h>

/* --- which inputs are alive: those that an op or a result names --- */

static bool arg_names(const mil_arg *arg, const char *name) {
    if (arg->kind == MIL_REF && strcmp(arg->ref, name) == 0) {
        return true;
    }
    for (int i = 0; arg->kind == MIL_ARGS && i < arg->parts; i++) {
        if (arg_names(&arg->part[i], name)) {
            return true;
        }
    }
    return false;
}

static bool block_names(const mil_block *b, const char *name) {
    bool named = false;
    for (int i = 0; i < b->ops && !named; i++) {
        for (int k = 0; k < b->op[i].args && !named; k++) {
            named = arg_names(&b->op[i].arg[k], name);
        }
        for (int k = 0; k < b->op[i].blocks && !named; k++) {
            named = block_names(&b->op[i].block[k], name);
        }
    }
    for (int i = 0; i < b->results && !named; i++) {
        named = strcmp(b->result[i], name) == 0;
    }
    return named;
}

/* --- slots --- */

static int by_name(const void *a, const void *b) {
    return strcmp(((const sim_slot *)a)->name, ((const sim_slot *)b)->name);
}

static int upwards(const void *a, const void *b) {
    size_t x = ((const sim_slot *)a)->layout.bytes, y = ((const sim_slot *)b)->layout.bytes;
    return x != y ? (x > y) - (x < y) : by_name(a, b);
}

static int downwards(const void *a, const void *b) {
    size_t x = ((const sim_slot *)a)->layout.bytes, y = ((const sim_slot *)b)->layout.bytes;
    return x != y ? (x < y) - (x > y) : by_name(a, b);
}

/* `body`: only ports that it names; NULL: all */
static sim_slot *make_slots(arena *a, int n, const anet_port *port, const mil_block *body,
                            int *count) {
    sim_slot *slots = ARENA_ARRAY(a, sim_slot, n + 1);
    *count = 0;
    for (int i = 0; i < n; i++) {
        if (!body || block_names(body, port[i].name)) {
            slots[(*count)++] = (sim_slot){port[i].name, i, sim_layout_of(&port[i])};
        }
    }
    bool size = sim_chip_now()->order == BY_SIZE;
    qsort(slots, (size_t)*count, sizeof *slots, !size ? by_name : body ? upwards : downwards);
    return slots;
}

static const mil_block *body_of(const mil_program *mil) {
    for (int i = 0; i < mil->funcs; i++) {
        if (strcmp(mil->func[i].name, "main") == 0) {
            return &mil->func[i].body;
        }
    }
    return &mil->func[0].body;
}

static float **make_words(arena *a, int n, const anet_port *port) {
    float **words = ARENA_ARRAY(a, float *, n + 1);
    for (int i = 0; i < n; i++) {
        words[i] = floats_new(port[i].elements);
    }
    return words;
}

static void fill_in(sim_program *p, const mil_program *mil) {
    const anet_program *h = p->host;
    p->in = make_slots(p->memory, h->inputs, h->input, body_of(mil), &p->ins);
    p->out = make_slots(p->memory, h->outputs, h->output, NULL, &p->outs);
    p->words_in = make_words(p->memory, h->inputs, h->input);
    p->words_out = make_words(p->memory, h->outputs, h->output);
    p->workspace = floats_new(h->workspace);
}

static anet_code plan(const sim_compiled *c, sim_program *p, anet_error *err) {
    mil_program *mil;
    host_config config = {.numerics = sim_chip_now()->numerics, .blob = c->blob, .blobs = c->blobs};
    anet_code code = blas_init(err);
    code = code ? code : mil_read(c->text, c->size, "net.plist", &mil, err);
    if (code) {
        return code;
    }
    code = mil_check(mil, "net.plist", err);
    code = code ? code : host_plan_program(mil, "net.plist", &config, &p->host, err);
    if (!code) {
        fill_in(p, mil);
    }
    mil_free(mil);
    return code;
}

sim_failure sim_program_load(const char *folder, sim_program **program) {
    sim_compiled c;
    anet_error err = {0};
    *program = NULL;
    sim_program *p = anet_calloc(1, sizeof *p);
    p->memory = arena_new();
    if (sim_compiled_read(p->memory, folder, &c) && !plan(&c, p, &err)) {
        *program = p;
        return FAILURE_NONE;
    }
    if (err.code) {
        sim_note("%s", err.message);
    }
    sim_program_free(p);
    return FAILURE_LOAD;
}

void sim_program_free(sim_program *p) {
    for (int i = 0; p->words_in && i < p->host->inputs; i++) {
        free(p->words_in[i]);
    }
    for (int i = 0; p->words_out && i < p->host->outputs; i++) {
        free(p->words_out[i]);
    }
    free(p->workspace);
    if (p->host) {
        host_free_program(p->host);
    }
    arena_free(p->memory);
    free(p);
}
