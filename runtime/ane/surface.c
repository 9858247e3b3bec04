/* surface.c: see surface.h. */
#include "ane/surface.h"

#include "ane/copy.h"
#include "ane/message.h"
#include "base/clock.h"
#include "floats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { READ_ONLY = 1 }; /* kIOSurfaceLockReadOnly */

void ane_memory_free(ane_memory *m) {
    free(m->staging);
    m->bytes -= m->staging_n * sizeof *m->staging;
    m->staging = NULL;
    m->staging_n = 0;
}

void ane_surface_init(ane_surface *s, ane_memory *memory, size_t n, float *over) {
    *s =
        (ane_surface){.memory = memory, .n = n, .over = over, .packed_valid = true, .halves = true};
    if (over) {
        ane_surface_write(s, over, n);
    }
}

void ane_surface_free(ane_surface *s) {
    for (int i = 0; i < s->forms; i++) {
        ane_release(s->memory->api, s->form[i].object);
        ane_release(s->memory->api, s->form[i].surface);
        s->memory->bytes -= (size_t)s->form[i].layout.bytes;
    }
    s->memory->bytes -= s->packed ? s->n * sizeof *s->packed : 0;
    free(s->form);
    free(s->packed);
}

static float *need_packed(ane_surface *s) {
    if (!s->packed) {
        s->packed = floats_new(s->n);
        s->memory->bytes += s->n * sizeof *s->packed;
    }
    return s->packed;
}

static float *need_staging(ane_memory *m, size_t n) {
    if (n > m->staging_n) {
        ane_memory_free(m);
        m->staging = floats_new(n);
        m->staging_n = n;
        m->bytes += n * sizeof *m->staging;
    }
    return m->staging;
}

/* --- what is valid --- */

static void only(ane_surface *s, ane_form *form) {
    s->packed_valid = !form;
    for (int i = 0; i < s->forms; i++) {
        s->form[i].valid = &s->form[i] == form;
    }
}

static ane_form *valid_form(const ane_surface *s) {
    for (int i = 0; i < s->forms; i++) {
        if (s->form[i].valid) {
            return &s->form[i];
        }
    }
    return NULL;
}

/* --- copies --- */

/* Packed floats (form NULL) or a form, to copy to or from. */
typedef struct side {
    ane_form *form;
    const float *floats;
    size_t n;
} side;

static anet_code open_side(const ane_api *a, const side *s, uint32_t how, ane_view *v,
                           anet_error *err) {
    if (!s->form) {
        *v = ane_view_floats(s->floats, s->n);
        return ANET_OK;
    }
    int code = a->IOSurfaceLock(s->form->surface, how, NULL);
    if (code) {
        return anet_fail(err, ANET_FAILED, "IOSurfaceLock fails with code %d; start again", code);
    }
    *v = ane_view_of(&s->form->layout, a->IOSurfaceGetBaseAddress(s->form->surface));
    return ANET_OK;
}

static void close_side(const ane_api *a, const side *s, uint32_t how) {
    if (s->form) {
        a->IOSurfaceUnlock(s->form->surface, how, NULL);
    }
}

/* Only what lies in an IOSurface has crossed the border. */
static uint64_t crossing(const side *s, size_t n) {
    return s->form ? n * (uint64_t)s->form->layout.element : 0;
}

static anet_code copy(ane_memory *m, const side *to, const anet_region *region, const side *from,
                      size_t n, anet_error *err) {
    double start = seconds_now();
    ane_view x, y;
    if (open_side(m->api, from, READ_ONLY, &y, err)) {
        return err->code;
    }
    if (open_side(m->api, to, 0, &x, err)) {
        close_side(m->api, from, READ_ONLY);
        return err->code;
    }
    ane_copy(&x, region, &y, n, m->pool);
    close_side(m->api, to, 0);
    close_side(m->api, from, READ_ONLY);
    m->stats->copy_seconds += seconds_now() - start;
    m->stats->bytes_in += crossing(to, n);
    m->stats->bytes_out += crossing(from, n);
    return ANET_OK;
}

static anet_code copy_whole(ane_memory *m, const side *to, const side *from, size_t n,
                            anet_error *err) {
    const anet_region whole = {0, n, n};
    return copy(m, to, &whole, from, n, err);
}

static size_t side_elements(const side *s) {
    return s->form ? ane_layout_elements(&s->form->layout) : s->n;
}

/* The first *n elements (fewer if there are fewer) as they are to be copied into a form with this
 * size of elements. The device's memory takes them if they cannot come from where they are: halves
 * are made of halves only, and nobody copies from a surface to itself. */
static anet_code source_of(ane_surface *s, size_t *n, int64_t element, bool aside, side *from,
                           anet_error *err) {
    ane_memory *m = s->memory;
    ane_form *form = s->packed_valid ? NULL : valid_form(s);
    *from = (side){form, form ? NULL : need_packed(s), s->n};
    *n = *n < side_elements(from) ? *n : side_elements(from);
    bool halves = form ? form->layout.element == 2 : s->halves;
    bool round = element == 2 && !halves;
    if (!round && !aside) {
        return ANET_OK;
    }
    side staging = {NULL, need_staging(m, s->n), s->n};
    if (copy_whole(m, &staging, from, *n, err)) {
        return err->code;
    }
    if (round) {
        host_accept_all(m->round, m->staging, m->staging, *n, m->pool, NULL);
    }
    *from = staging;
    return ANET_OK;
}

void ane_surface_write(ane_surface *s, const float *data, size_t n) {
    float *to = need_packed(s);
    const float *from = data ? data : s->over ? s->over : to;
    host_accept_all(s->memory->round, to, from, n < s->n ? n : s->n, s->memory->pool, NULL);
    s->halves = true;
    only(s, NULL);
}

static anet_code unpack(ane_surface *s, ane_form *form, anet_error *err) {
    side to = {NULL, s->packed, s->n}, from = {form, NULL, s->n};
    if (copy_whole(s->memory, &to, &from, ane_layout_elements(&form->layout), err)) {
        return err->code;
    }
    s->halves = form->layout.element == 2;
    s->packed_valid = true;
    return ANET_OK;
}

const float *ane_surface_read(ane_surface *s) {
    float *packed = need_packed(s);
    if (!s->packed_valid && unpack(s, valid_form(s), &s->memory->failed)) {
        for (size_t i = 0; i < s->n; i++) {
            packed[i] = NAN;
        }
    }
    return packed;
}

static size_t region_end(const anet_region *r, size_t n) {
    size_t last = n ? n - 1 : 0;
    return r->offset + last / r->width * r->stride + last % r->width + 1;
}

void ane_surface_place(ane_surface *to, const anet_region *region, ane_surface *from, size_t n) {
    ane_form *form = valid_form(to);
    side target = {form, form ? NULL : need_packed(to), to->n}, source;
    anet_error *failed = &to->memory->failed;
    if (source_of(from, &n, form ? form->layout.element : 2, from == to, &source, failed)) {
        return;
    }
    if (region_end(region, n) > side_elements(&target)) {
        anet_fail(failed, ANET_INTERNAL, "%zu values are placed outside of a surface of %zu", n,
                  side_elements(&target));
    } else if (!copy(to->memory, &target, region, &source, n, failed)) {
        only(to, form);
    }
}

/* --- IOSurfaces --- */

static ane_id make_surface(const ane_api *a, int64_t bytes) {
    ane_id keys[] = {a->kIOSurfaceWidth,       a->kIOSurfaceHeight,    a->kIOSurfaceBytesPerElement,
                     a->kIOSurfaceBytesPerRow, a->kIOSurfaceAllocSize, a->kIOSurfacePixelFormat};
    const int64_t values[] = {bytes, 1, 1, bytes, bytes, 0};
    enum { COUNT = sizeof values / sizeof *values };
    ane_id numbers[COUNT];
    for (int i = 0; i < COUNT; i++) {
        numbers[i] = ane_number(a, values[i]);
    }
    ane_id properties = ane_dictionary(a, COUNT, keys, numbers);
    ane_id surface = a->IOSurfaceCreate(properties);
    ane_release(a, properties);
    for (int i = 0; i < COUNT; i++) {
        ane_release(a, numbers[i]);
    }
    return surface;
}

static anet_code make_form(const ane_api *a, ane_form *f, anet_error *err) {
    f->surface = make_surface(a, f->layout.bytes);
    if (!f->surface || a->IOSurfaceGetAllocSize(f->surface) < (size_t)f->layout.bytes) {
        ane_release(a, f->surface);
        return anet_fail(err, ANET_FAILED, "no memory for an IOSurface of %lld bytes",
                         (long long)f->layout.bytes);
    }
    void *pool = a->objc_autoreleasePoolPush();
    ane_id object = ane_send_1(a, a->classes.surface, a->selectors.object_with_surface, f->surface);
    f->object = object ? a->CFRetain(object) : NULL;
    a->objc_autoreleasePoolPop(pool);
    if (!f->object) {
        ane_release(a, f->surface);
        return anet_fail(err, ANET_FAILED, "Apple's framework does not take an IOSurface");
    }
    return ANET_OK;
}

static ane_form *find_form(const ane_surface *s, const ane_layout *l) {
    for (int i = 0; i < s->forms; i++) {
        if (ane_layout_same(&s->form[i].layout, l)) {
            return &s->form[i];
        }
    }
    return NULL;
}

static anet_code need_form(ane_surface *s, const ane_layout *l, ane_form **form, anet_error *err) {
    *form = find_form(s, l);
    if (*form) {
        return ANET_OK;
    }
    ane_form f = {.layout = *l};
    if (make_form(s->memory->api, &f, err)) {
        return err->code;
    }
    s->form = anet_realloc(s->form, (size_t)s->forms + 1, sizeof *s->form);
    *form = &s->form[s->forms++];
    **form = f;
    s->memory->bytes += (size_t)l->bytes;
    return ANET_OK;
}

static anet_code fill_form(ane_surface *s, ane_form *f, anet_error *err) {
    size_t n = ane_layout_elements(&f->layout);
    side to = {f, NULL, s->n}, from;
    if (source_of(s, &n, f->layout.element, false, &from, err) ||
        copy_whole(s->memory, &to, &from, n, err)) {
        return err->code;
    }
    s->memory->stats->bytes_relaid += from.form ? crossing(&to, n) + crossing(&from, n) : 0;
    f->valid = true;
    return ANET_OK;
}

anet_code ane_surface_input(ane_surface *s, const ane_layout *l, ane_id *object, anet_error *err) {
    ane_form *f;
    if (need_form(s, l, &f, err) || (!f->valid && fill_form(s, f, err))) {
        return err->code;
    }
    *object = f->object;
    return ANET_OK;
}

anet_code ane_surface_output(ane_surface *s, const ane_layout *l, ane_id *object, anet_error *err) {
    ane_form *f;
    if (need_form(s, l, &f, err) ||
        (s->memory->keep_outputs && !f->valid && fill_form(s, f, err))) {
        return err->code;
    }
    *object = f->object;
    return ANET_OK;
}

void ane_surface_written(ane_surface *s, const ane_layout *l) {
    only(s, find_form(s, l));
}
