/* descriptor.c: what is to be compiled: text, weights and options, and the name made of them. */
#include "descriptor.h"

#include "sha256.h"

#include <stdlib.h>
#include <string.h>

static const char MODEL_PATH[] = "@model_path/";

static int by_path(const void *a, const void *b) {
    return strcmp(((const sim_weight *)a)->path, ((const sim_weight *)b)->path);
}

/* { "@model_path/weights/x.bin": { "offset": @0, "data": NSData } } */
static void take_weights(sim_descriptor *d) {
    d->n_weights = sim_pairs(d->weights);
    d->weight = anet_calloc(d->n_weights + 1, sizeof *d->weight);
    for (size_t i = 0; i < d->n_weights; i++) {
        const void *key, *value, *offset;
        sim_pair(d->weights, i, &key, &value);
        sim_weight *w = &d->weight[i];
        w->path = sim_text(key);
        if (strncmp(w->path, MODEL_PATH, sizeof MODEL_PATH - 1) != 0 || strstr(w->path, "..")) {
            sim_fatal("the path of a weight file is '%s', not %s...", w->path, MODEL_PATH);
        }
        offset = sim_value(value, "offset");
        if (!offset || sim_integer(offset) != 0) {
            sim_fatal("weights: '%s' needs \"offset\": @0", w->path);
        }
        w->data = sim_bytes(sim_value(value, "data"), &w->size);
    }
    qsort(d->weight, d->n_weights, sizeof *d->weight, by_path);
}

static void add_data(sim_sha256 *s, const void *data) {
    size_t size = 0;
    const void *bytes = data ? sim_bytes(data, &size) : "";
    sim_sha256_add(s, bytes, size);
}

static void name_it(sim_descriptor *d) {
    sim_sha256 s;
    sim_sha256_begin(&s);
    add_data(&s, d->text);
    sim_sha256_end(&s, d->identifier);
    sim_sha256_begin(&s);
    add_data(&s, d->options);
    sim_sha256_end(&s, d->identifier + 65);
    sim_sha256_begin(&s);
    for (size_t i = 0; i < d->n_weights; i++) {
        sim_sha256_add(&s, d->weight[i].path, strlen(d->weight[i].path) + 1);
        sim_sha256_add(&s, d->weight[i].data, d->weight[i].size);
    }
    sim_sha256_end(&s, d->identifier + 130);
    d->identifier[64] = d->identifier[129] = '_';
}

static void *model_with_text(void *self, SEL s, const void *text, const void *weights,
                             const void *options) {
    (void)self;
    if (!sim_is(text, &sim_data)) {
        sim_fatal("%s: the text has to be NSData; anything else crashes", s);
    }
    if (!sim_is(weights, &sim_dictionary)) {
        sim_fatal("%s: weights have to be a dictionary, if empty; nil crashes", s);
    }
    sim_descriptor *d = sim_new(&sim_descriptor_class);
    d->text = sim_retain(text);
    d->weights = sim_retain(weights);
    d->options = options ? sim_retain(sim_check(options, &sim_data, s)) : NULL;
    take_weights(d);
    name_it(d);
    return sim_autorelease(d);
}

static void dealloc(void *self) {
    sim_descriptor *d = self;
    sim_release(d->text);
    sim_release(d->weights);
    sim_release(d->options);
    free(d->weight);
}

static const sim_method statics[] = {
    SIM_METHOD("modelWithMILText:weights:optionsPlist:", model_with_text), SIM_END};
const sim_class sim_descriptor_class = {&sim_descriptor_class,
                                        "_ANEInMemoryModelDescriptor",
                                        sizeof(sim_descriptor),
                                        dealloc,
                                        NULL,
                                        statics};

__attribute__((constructor)) static void register_class(void) {
    sim_register(&sim_descriptor_class);
}
