/* attributes.c: what -modelAttributes says. Facts: ane-facts section 1.1. */
#include "faults.h"
#include "foundation.h"
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A dictionary in the making; what is put in is released by finish(). */
typedef struct maker {
    const void *key[24], *value[24];
    size_t n;
} maker;

static void put(maker *m, const char *key, const void *value) {
    m->key[m->n] = sim_string_new(key);
    m->value[m->n++] = value;
}

static void put_number(maker *m, const char *key, size_t x) {
    put(m, key, sim_number_new((int64_t)x));
}

static void *finish(maker *m) {
    void *d = sim_dictionary_new(m->n, m->key, m->value);
    for (size_t i = 0; i < m->n; i++) {
        sim_release(m->key[i]);
        sim_release(m->value[i]);
    }
    return d;
}

static const char *type_of(mil_dtype t) {
    static const char *const names[MIL_DTYPE_COUNT] = {
        [MIL_FP16] = "Float16", [MIL_FP32] = "Float32",  [MIL_INT8] = "Int8", [MIL_UINT8] = "UInt8",
        [MIL_INT16] = "Int16",  [MIL_UINT16] = "UInt16", [MIL_BOOL] = "Bool"};
    return names[t] ? names[t] : "Unknown";
}

static void put_layout(maker *m, const sim_layout *l) {
    /* contradictory: rows that overlap */
    bool lie = strcmp(sim_fault_word(FAULT_ATTRIBUTES), "contradictory") == 0;
    put(m, "Type", sim_string_new(type_of(l->dtype)));
    put_number(m, "Batches", (size_t)l->n);
    put_number(m, "Channels", (size_t)l->c);
    put_number(m, "Depth", (size_t)l->d);
    put_number(m, "Height", (size_t)l->h);
    put_number(m, "Width", (size_t)l->w);
    put_number(m, "RowStride", lie ? l->element * (size_t)l->w / 2 : l->row);
    put_number(m, "PlaneStride", l->plane);
    put_number(m, "DepthStride", l->depth);
    put_number(m, "BatchStride", lie ? l->batch / 2 : l->batch);
    put_number(m, "Interleave", 1);
    put_number(m, "PlaneCount", (size_t)l->c);
}

/* an output's symbol has "@output" behind its name */
static void symbol_of(char *to, size_t size, const sim_slot *s, bool output) {
    snprintf(to, size, "%s%s", s->name, output ? "@output" : "");
}

static void *describe(const sim_slot *s, bool output) {
    maker m = {.n = 0};
    char symbol[512], name[512];
    symbol_of(symbol, sizeof symbol, s, output);
    bool lie = strcmp(sim_fault_word(FAULT_ATTRIBUTES), "names") == 0;
    snprintf(name, sizeof name, "%s%s", s->name, lie ? "_0" : "");
    bool other = strcmp(sim_fault_word(FAULT_ATTRIBUTES), "symbols") == 0;
    put(&m, other ? "Symbol" : "Name", sim_string_new(name));
    put(&m, other ? "Name" : "Symbol", sim_string_new(lie ? name : symbol));
    put_layout(&m, &s->layout);
    return finish(&m);
}

typedef void *make_item(const sim_slot *s, size_t i, bool output);

static void *list_of(const sim_slot *s, int n, bool output, make_item *make) {
    const void **items = anet_calloc((size_t)n + 1, sizeof *items);
    for (int i = 0; i < n; i++) {
        items[i] = make(&s[i], (size_t)i, output);
    }
    void *list = sim_array_new((size_t)n, items);
    for (int i = 0; i < n; i++) {
        sim_release(items[i]);
    }
    free(items);
    return list;
}

static void *live_item(const sim_slot *s, size_t i, bool output) {
    (void)i;
    return describe(s, output);
}

static void *symbol_item(const sim_slot *s, size_t i, bool output) {
    char symbol[512];
    (void)i;
    symbol_of(symbol, sizeof symbol, s, output);
    return sim_string_new(symbol);
}

static void *index_item(const sim_slot *s, size_t i, bool output) {
    (void)s;
    (void)output;
    return sim_number_new((int64_t)i);
}

static void *alignment_item(const sim_slot *s, size_t i, bool output) {
    (void)s;
    (void)i;
    (void)output;
    return sim_number_new(0);
}

static void *list_of_one(const void *item) {
    void *list = sim_array_new(1, &item);
    sim_release(item);
    return list;
}

static void *status(const sim_program *p) {
    maker m = {.n = 0};
    /* one too few, if they are to contradict the program */
    int outs = p->outs - (strcmp(sim_fault_word(FAULT_ATTRIBUTES), "fewer") == 0);
    put(&m, "Name", sim_string_new("main"));
    put(&m, "LiveInputList", list_of(p->in, p->ins, false, live_item));
    put(&m, "LiveOutputList", list_of(p->out, outs, true, live_item));
    return list_of_one(finish(&m));
}

static void *description(const sim_program *p) {
    maker procedure = {.n = 0}, names = {.n = 0}, m = {.n = 0};
    put(&procedure, "InputSymbolIndexArray", list_of(p->in, p->ins, false, index_item));
    put(&procedure, "OutputSymbolIndexArray", list_of(p->out, p->outs, true, index_item));
    put_number(&procedure, "ProcedureID", 0);
    put_number(&names, "main", 0);
    put(&m, "ANEFModelProcedures", list_of_one(finish(&procedure)));
    put(&m, "kANEFModelInputSymbolsArrayKey", list_of(p->in, p->ins, false, symbol_item));
    put(&m, "kANEFModelOutputSymbolsArrayKey", list_of(p->out, p->outs, true, symbol_item));
    put(&m, "kANEFModelProcedureNameToIDMapKey", finish(&names));
    put(&m, "ANEFModelInput16KAlignmentArray", list_of(p->in, p->ins, false, alignment_item));
    put(&m, "ANEFModelOutput16KAlignmentArray", list_of(p->out, p->outs, true, alignment_item));
    return finish(&m);
}

void *sim_program_attributes(const sim_program *p) {
    maker m = {.n = 0};
    if (strcmp(sim_fault_word(FAULT_ATTRIBUTES), "empty") == 0) {
        return finish(&m);
    }
    bool lie = strcmp(sim_fault_word(FAULT_ATTRIBUTES), "form") == 0;
    put(&m, "NetworkStatusList", lie ? sim_string_new("none") : status(p));
    put(&m, "ANEFModelDescription", description(p));
    return finish(&m);
}
