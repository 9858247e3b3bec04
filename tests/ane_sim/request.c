/* request.c: what a model is evaluated on. */
#include "request.h"

#include "surfaces.h"

#include <string.h>

/* --- _ANEIOSurfaceObject --- */

typedef struct io_surface {
    sim_object head;
    const void *surface;
    size_t offset;
    bool borrowed;
} io_surface;

static void surface_object_dealloc(void *self) {
    io_surface *o = self;
    if (!o->borrowed) {
        sim_release(o->surface);
    }
}

static void *make_object(SEL s, const void *surface, const void *offset, bool borrowed) {
    sim_check(surface, &sim_surface, s);
    io_surface *o = sim_new(&sim_io_surface);
    o->surface = borrowed ? surface : sim_retain(surface);
    o->borrowed = borrowed;
    o->offset = offset ? (size_t)sim_integer(offset) : 0;
    return sim_autorelease(o);
}

static void *object_with(void *self, SEL s, const void *surface) {
    (void)self;
    return make_object(s, surface, NULL, false);
}

static void *object_with_offset(void *self, SEL s, const void *surface, const void *offset) {
    (void)self;
    return make_object(s, surface, offset, false);
}

static void *object_borrowing(void *self, SEL s, const void *surface, const void *offset) {
    (void)self;
    return make_object(s, surface, offset, true);
}

static const void *surface_of(void *self, SEL s) {
    return ((io_surface *)sim_check(self, &sim_io_surface, s))->surface;
}

static const sim_method surface_methods[] = {SIM_METHOD("ioSurface", surface_of), SIM_END};
static const sim_method surface_statics[] = {
    SIM_METHOD("objectWithIOSurface:", object_with),
    SIM_METHOD("objectWithIOSurface:startOffset:", object_with_offset),
    SIM_METHOD("objectWithIOSurfaceNoRetain:startOffset:", object_borrowing), SIM_END};
const sim_class sim_io_surface = {&sim_io_surface,        "_ANEIOSurfaceObject", sizeof(io_surface),
                                  surface_object_dealloc, surface_methods,       surface_statics};

/* --- _ANERequest --- */

static const void *take_list(SEL s, const void *list) {
    return sim_retain(sim_check(list, &sim_array, s));
}

static void *new_request(void *self, SEL s, const void *inputs, const void *input_indices,
                         const void *outputs, const void *output_indices,
                         const void *weights_buffer, const void *perf_stats,
                         const void *procedure) {
    (void)self;
    (void)weights_buffer; /* changes nothing (ane-facts section 1.1) */
    (void)perf_stats;     /* the counters stay empty */
    sim_request *r = sim_new(&sim_request_class);
    r->inputs = take_list(s, inputs);
    r->input_indices = take_list(s, input_indices);
    r->outputs = take_list(s, outputs);
    r->output_indices = take_list(s, output_indices);
    r->procedure = sim_integer(procedure);
    return sim_autorelease(r);
}

static void *short_request(void *self, SEL s, const void *inputs, const void *input_indices,
                           const void *outputs, const void *output_indices, const void *procedure) {
    return new_request(self, s, inputs, input_indices, outputs, output_indices, NULL, NULL,
                       procedure);
}

static void request_dealloc(void *self) {
    sim_request *r = self;
    sim_release(r->inputs);
    sim_release(r->input_indices);
    sim_release(r->outputs);
    sim_release(r->output_indices);
}

static const sim_method request_statics[] = {
    SIM_METHOD("requestWithInputs:inputIndices:outputs:outputIndices:weightsBuffer:perfStats:"
               "procedureIndex:",
               new_request),
    SIM_METHOD("requestWithInputs:inputIndices:outputs:outputIndices:procedureIndex:",
               short_request),
    SIM_END};
const sim_class sim_request_class = {&sim_request_class, "_ANERequest", sizeof(sim_request),
                                     request_dealloc,    NULL,          request_statics};

__attribute__((constructor)) static void register_classes(void) {
    sim_register(&sim_io_surface);
    sim_register(&sim_request_class);
}

/* --- binding --- */

bool sim_bind(const void *objects, const void *indices, int n, sim_bound *to) {
    memset(to, 0, (size_t)n * sizeof *to);
    if (sim_count_of(objects) != (size_t)n || sim_count_of(indices) != (size_t)n) {
        sim_note("%zu surfaces and %zu indices for %d slots", sim_count_of(objects),
                 sim_count_of(indices), n);
        return false;
    }
    for (size_t i = 0; i < (size_t)n; i++) {
        const io_surface *o = sim_check(sim_at(objects, i), &sim_io_surface, "a request's surface");
        int64_t slot = sim_integer(sim_at(indices, i));
        if (slot < 0 || slot >= n || to[slot].surface) {
            sim_note("index %lld is none, or given twice", (long long)slot);
            return false;
        }
        sim_check(o->surface, &sim_surface, "a request's surface");
        if (sim_surface_locked(o->surface)) {
            sim_fatal("evaluated while a surface is locked");
        }
        to[slot] = (sim_bound){o->surface, o->offset};
    }
    return true;
}
