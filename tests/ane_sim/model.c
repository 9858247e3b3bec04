/* model.c: _ANEInMemoryModel. */
#include "base/text.h"
#include "compiler.h"
#include "faults.h"
#include "folder.h"
#include "request.h"

#include <stdlib.h>
#include <string.h>

typedef struct model {
    sim_object head;
    sim_descriptor *descriptor;
    char *folder;
    sim_program *program; /* NULL unless it is loaded */
    void *attributes;
    uint64_t handle;
    unsigned perf_stats_mask;
    int busy;
} model;

enum { LOADED = 3, UNLOADED = 1, QUEUE_DEPTH = 127, MOST_QOS = 63 };

static const sim_class model_class;

/* A model is not made for several threads at once. */
static model *enter(void *self, SEL s) {
    model *m = sim_check(self, &model_class, s);
    if (__atomic_exchange_n(&m->busy, 1, __ATOMIC_SEQ_CST)) {
        sim_fatal("-[_ANEInMemoryModel %s]: two threads use one model at once", s);
    }
    return m;
}

static bool leave(model *m, bool success) {
    __atomic_store_n(&m->busy, 0, __ATOMIC_SEQ_CST);
    return success;
}

static void check_qos(SEL s, unsigned qos) {
    if (qos > MOST_QOS) {
        sim_fatal("%s: QoS %u; 0 to 63 are known to be taken", s, qos);
    }
}

static model *enter_with(void *self, SEL s, unsigned qos, const void *options) {
    check_qos(s, qos);
    sim_check(options, &sim_dictionary, s);
    return enter(self, s);
}

static void clear_error(const void **error) {
    if (error) {
        *error = NULL;
    }
}

static void *with_descriptor(void *self, SEL s, void *descriptor) {
    (void)self;
    sim_descriptor *d = sim_check(descriptor, &sim_descriptor_class, s);
    model *m = sim_new(&model_class);
    m->descriptor = sim_retain(d);
    text path = {0};
    text_printf(&path, "%s%s", sim_temporary_folder(), d->identifier);
    m->folder = path.at;
    return sim_autorelease(m);
}

/* A program that is not unloaded stays on the engine: the ledger keeps it. */
static void dealloc(void *self) {
    model *m = self;
    if (m->program) {
        sim_note("a model is released while it is loaded");
        sim_program_free(m->program);
    }
    sim_release(m->attributes);
    sim_release(m->descriptor);
    free(m->folder);
}

/* --- compile, load, unload --- */

static bool compile(void *self, SEL s, unsigned qos, const void *options, const void **error) {
    model *m = enter_with(self, s, qos, options);
    clear_error(error);
    sim_folder_remember(m->folder);
    sim_failure failure = sim_compile(m->descriptor, m->folder);
    if (failure && failure < FAILURES) {
        sim_fail(error, failure);
    }
    return leave(m, !failure);
}

static sim_failure load_program(model *m) {
    if (sim_fault_now(FAULT_LOAD)) {
        return sim_fault_failure(FAULT_LOAD, FAILURE_LOAD);
    }
    if (sim_balance(SIM_LOADED) >= sim_setting("ANE_SIM_LOAD_LIMIT", 128)) {
        sim_note("too many programs are loaded");
        return FAILURE_LOAD;
    }
    return sim_program_load(m->folder, &m->program);
}

static bool load(void *self, SEL s, unsigned qos, const void *options, const void **error) {
    static uint64_t handles = 0x100;
    model *m = enter_with(self, s, qos, options);
    clear_error(error);
    sim_folder_remember(m->folder);
    if (m->program) {
        sim_fatal("%s: the model is loaded already", s);
    }
    sim_failure failure = load_program(m);
    if (failure) {
        sim_fail(error, failure);
        return leave(m, false);
    }
    sim_count(SIM_LOADED, 1);
    m->handle = __atomic_add_fetch(&handles, 1, __ATOMIC_SEQ_CST);
    return leave(m, true);
}

static bool unload(void *self, SEL s, unsigned qos, const void **error) {
    check_qos(s, qos);
    model *m = enter(self, s);
    clear_error(error);
    if (!m->program) {
        sim_fail(error, FAILURE_BAD_ARGUMENTS);
        return leave(m, false);
    }
    bool fails = sim_fault_now(FAULT_UNLOAD);
    sim_program_free(m->program);
    m->program = NULL;
    sim_release(m->attributes);
    m->attributes = NULL;
    sim_count(SIM_LOADED, -1);
    if (fails) {
        sim_fail(error, sim_fault_failure(FAULT_UNLOAD, FAILURE_STATUS_1));
    }
    return leave(m, !fails);
}

/* --- evaluate --- */

static bool all_suit(const sim_slot *slot, const sim_bound *b, int n) {
    for (int i = 0; i < n; i++) {
        if (!sim_surface_suits(&slot[i], &b[i])) {
            return false;
        }
    }
    return true;
}

/* Nobody has shown that an output may be an input, too. */
static bool share(const sim_bound *out, int outs, const sim_bound *in, int ins) {
    for (int i = 0; i < outs; i++) {
        for (int k = 0; k < ins + i; k++) {
            if (out[i].surface == (k < ins ? in[k] : out[k - ins]).surface) {
                sim_note("an output's surface is used twice");
                return true;
            }
        }
    }
    return false;
}

static sim_failure bind_and_run(model *m, const sim_request *r) {
    sim_program *p = m->program;
    sim_bound *in = anet_calloc((size_t)(p->ins + p->outs) + 1, sizeof *in);
    sim_bound *out = in + p->ins;
    bool bound = r->procedure == 0 && sim_bind(r->inputs, r->input_indices, p->ins, in) &&
                 sim_bind(r->outputs, r->output_indices, p->outs, out) &&
                 all_suit(p->in, in, p->ins) && all_suit(p->out, out, p->outs) &&
                 sim_surfaces_fit(in, p->ins, true) && sim_surfaces_fit(out, p->outs, false) &&
                 !share(out, p->outs, in, p->ins);
    sim_failure failure = bound ? sim_program_evaluate(p, in, out) : FAILURE_STATUS_1D;
    free(in);
    return failure;
}

static bool evaluate(void *self, SEL s, unsigned qos, const void *options, const void *request,
                     const void **error) {
    model *m = enter_with(self, s, qos, options);
    clear_error(error);
    const sim_request *r = sim_check(request, &sim_request_class, s);
    if (!m->program) {
        sim_note("the model is not loaded");
    }
    sim_failure failure = m->program ? bind_and_run(m, r) : FAILURE_STATUS_2;
    if (failure) {
        sim_fail(error, failure);
    }
    return leave(m, !failure);
}

/* Mapping is a hint: the request is looked at, no more. */
static bool map_surfaces(void *self, SEL s, const void *request, bool cache, const void **error) {
    (void)cache;
    model *m = enter(self, s);
    clear_error(error);
    sim_check(request, &sim_request_class, s);
    if (!m->program) {
        sim_fail(error, FAILURE_STATUS_2);
    }
    return leave(m, m->program != NULL);
}

static void unmap_surfaces(void *self, SEL s, const void *request) {
    sim_check(request, &sim_request_class, s);
    leave(enter(self, s), true);
}

/* --- what can be read --- */

static const model *look(const void *self, SEL s) {
    return sim_check(self, &model_class, s);
}

static void *identifier(void *self, SEL s) {
    return sim_autorelease(sim_string_new(look(self, s)->descriptor->identifier));
}

static void *attributes(void *self, SEL s) {
    model *m = sim_check(self, &model_class, s);
    if (!m->program || strcmp(sim_fault_word(FAULT_ATTRIBUTES), "missing") == 0) {
        return NULL;
    }
    if (!m->attributes) {
        m->attributes = sim_program_attributes(m->program);
    }
    return sim_autorelease(sim_retain(m->attributes));
}

static bool compiled_exists(void *self, SEL s) {
    return sim_folder_has(look(self, s)->folder, "net.plist");
}

static void purge(void *self, SEL s) {
    const char *folder = look(self, s)->folder;
    sim_folder_remove(folder, "net.plist");
    sim_folder_remove(folder, "data");
}

static void *local_path(void *self, SEL s) {
    return sim_autorelease(sim_string_new(look(self, s)->folder));
}

static unsigned long state_of(void *self, SEL s) {
    return look(self, s)->program ? LOADED : UNLOADED;
}

static uint64_t handle_of(void *self, SEL s) {
    return look(self, s)->program ? look(self, s)->handle : 0;
}

static signed char queue_depth(void *self, SEL s) {
    look(self, s);
    return QUEUE_DEPTH;
}

static bool is_mil(void *self, SEL s) {
    look(self, s);
    return true;
}

static unsigned get_mask(void *self, SEL s) {
    return look(self, s)->perf_stats_mask;
}

static void set_mask(void *self, SEL s, unsigned mask) {
    ((model *)sim_check(self, &model_class, s))->perf_stats_mask = mask;
}

static const sim_method methods[] = {
    SIM_METHOD("hexStringIdentifier", identifier),
    SIM_METHOD("compileWithQoS:options:error:", compile),
    SIM_METHOD("loadWithQoS:options:error:", load),
    SIM_METHOD("unloadWithQoS:error:", unload),
    SIM_METHOD("evaluateWithQoS:options:request:error:", evaluate),
    SIM_METHOD("mapIOSurfacesWithRequest:cacheInference:error:", map_surfaces),
    SIM_METHOD("unmapIOSurfacesWithRequest:", unmap_surfaces),
    SIM_METHOD("modelAttributes", attributes),
    SIM_METHOD("compiledModelExists", compiled_exists),
    SIM_METHOD("purgeCompiledModel", purge),
    SIM_METHOD("localModelPath", local_path),
    SIM_METHOD("state", state_of),
    SIM_METHOD("programHandle", handle_of),
    SIM_METHOD("intermediateBufferHandle", handle_of),
    SIM_METHOD("queueDepth", queue_depth),
    SIM_METHOD("isMILModel", is_mil),
    SIM_METHOD("perfStatsMask", get_mask),
    SIM_METHOD("setPerfStatsMask:", set_mask),
    SIM_END};
static const sim_method statics[] = {SIM_METHOD("inMemoryModelWithDescriptor:", with_descriptor),
                                     SIM_END};
static const sim_class model_class = {
    &model_class, "_ANEInMemoryModel", sizeof(model), dealloc, methods, statics};

__attribute__((constructor)) static void register_class(void) {
    sim_register(&model_class);
}
