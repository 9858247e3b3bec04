/* model.c: see model.h. Facts: ane-facts section 1.1. */
#include "ane/model.h"

#include "ane/explain.h"
#include "ane/message.h"
#include "base/hash.h"
#include "base/text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

anet_code ane_model_fail(const ane_model *m, const char *what, ane_id error, const char *more,
                         anet_error *err) {
    text tried = {0};
    text_printf(&tried, "%s: to %s it", m->name, what);
    ane_explain(&m->engine->api, tried.at, error, more, err);
    text_free(&tried);
    return err->code;
}

/* --- the descriptor --- */

static ane_id make_weight(const ane_api *a, const anet_blob *blob) {
    ane_id keys[] = {ane_string(a, "offset"), ane_string(a, "data")};
    ane_id values[] = {ane_number(a, 0), a->CFDataCreate(NULL, blob->data, (long)blob->size)};
    ane_id weight = ane_dictionary(a, 2, keys, values);
    for (int i = 0; i < 2; i++) {
        ane_release(a, keys[i]);
        ane_release(a, values[i]);
    }
    return weight;
}

static ane_id make_weights(const ane_api *a, const anet_source *source) {
    size_t n = (size_t)source->blobs;
    ane_id *keys = anet_calloc(2 * n + 1, sizeof *keys), *values = keys + n;
    for (size_t i = 0; i < n; i++) {
        keys[i] = ane_string(a, source->blob[i].path);
        values[i] = make_weight(a, &source->blob[i]);
    }
    ane_id weights = ane_dictionary(a, n, keys, values);
    for (size_t i = 0; i < 2 * n; i++) {
        ane_release(a, keys[i]);
    }
    free(keys);
    return weights;
}

static anet_code make_object(ane_model *m, const anet_source *source, anet_error *err) {
    const ane_api *a = &m->engine->api;
    ane_id mil = a->CFDataCreate(NULL, (const uint8_t *)source->text, (long)source->size);
    ane_id weights = make_weights(a, source);
    ane_id descriptor =
        ane_send_3(a, a->classes.descriptor, a->selectors.model_with_text, mil, weights, NULL);
    ane_id object =
        descriptor ? ane_send_1(a, a->classes.model, a->selectors.model_with_descriptor, descriptor)
                   : NULL;
    m->object = object ? a->CFRetain(object) : NULL;
    m->options = ane_dictionary(a, 0, NULL, NULL);
    ane_release(a, mil);
    ane_release(a, weights);
    return m->object
               ? ANET_OK
               : anet_fail(err, ANET_FAILED, "%s: Apple's framework makes no model of it", m->name);
}

static anet_code take_identifier(ane_model *m, anet_error *err) {
    const ane_api *a = &m->engine->api;
    char name[NAME_MAX + 1];
    if (!ane_text(a, ane_send(a, m->object, a->selectors.identifier), name, sizeof name) ||
        strchr(name, '/') || name[0] == '.' || !name[0]) {
        return anet_fail(err, ANET_FAILED, "%s: Apple's framework names no folder for it", m->name);
    }
    m->identifier = strdup(name);
    return ANET_OK;
}

bool ane_model_same(const ane_model *a, const ane_model *b) {
    return strcmp(a->identifier, b->identifier) == 0;
}

bool ane_model_same_text(const ane_model *a, const ane_model *b) {
    return a->text == b->text;
}

/* --- from the first to the last --- */

anet_code ane_model_new(ane_model *m, ane_engine *e, const anet_source *source, anet_error *err) {
    *m = (ane_model){.engine = e,
                     .name = strdup(source->name),
                     .text = hash_add(HASH_START, source->text, source->size),
                     .folder = {.lock = -1}};
    void *pool = e->api.objc_autoreleasePoolPush();
    anet_code code = make_object(m, source, err);
    code = code ? code : take_identifier(m, err);
    e->api.objc_autoreleasePoolPop(pool);
    return code;
}

static void unload(const ane_model *m) {
    const ane_api *a = &m->engine->api;
    void *pool = a->objc_autoreleasePoolPush();
    ane_id error = NULL;
    anet_error why = {0};
    if (!ane_unload(a, m->object, &error)) {
        ane_model_fail(m, "unload", error, "", &why);
        ane_tell(m->engine, "%s", why.message); /* there is nothing else to do about it */
    }
    a->objc_autoreleasePoolPop(pool);
}

void ane_model_close(ane_model *m) {
    if (!m->engine) {
        return;
    }
    if (m->loaded) {
        unload(m);
    }
    ane_release(&m->engine->api, m->object);
    ane_release(&m->engine->api, m->options);
    ane_folder_close(&m->folder);
    free(m->name);
    free(m->identifier);
    *m = (ane_model){0};
}

/* --- evaluate --- */

static ane_id make_indices(const ane_api *a, int n) {
    ane_id *numbers = anet_calloc((size_t)n + 1, sizeof *numbers);
    for (int i = 0; i < n; i++) {
        numbers[i] = ane_number(a, i);
    }
    ane_id indices = ane_array(a, (size_t)n, numbers);
    for (int i = 0; i < n; i++) {
        ane_release(a, numbers[i]);
    }
    free(numbers);
    return indices;
}

anet_code ane_model_evaluate(const ane_model *m, int inputs, const ane_id *in, int outputs,
                             const ane_id *out, anet_error *err) {
    const ane_api *a = &m->engine->api;
    void *pool = a->objc_autoreleasePoolPush();
    ane_id parts[7] = {ane_array(a, (size_t)inputs, in), make_indices(a, inputs),
                       ane_array(a, (size_t)outputs, out), make_indices(a, outputs)};
    parts[6] = ane_number(a, 0); /* the procedure; [4] and [5] are the unused buffers */
    ane_id request = ane_send_7(a, a->classes.request, a->selectors.new_request, parts);
    ane_id error = NULL;
    if (!request) {
        anet_fail(err, ANET_FAILED, "%s: Apple's framework makes no request", m->name);
    } else if (!ane_evaluate(a, m->object, m->options, request, &error)) {
        ane_model_fail(m, "evaluate", error, "", err);
    }
    for (int i = 0; i < 7; i++) {
        ane_release(a, parts[i]);
    }
    a->objc_autoreleasePoolPop(pool);
    return err->code;
}
