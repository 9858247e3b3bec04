/* surface.c: see surface.h. */
#include "ane/surface.h"

#include "ane/copy.h"
#include "ane/message.h"
#include "floats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { READ_ONLY = 1 }; /* kIOSurfaceLockReadOnly */

void ane_surface_init(ane_surface *s, ane_memory *memory, size_t n, float *over) {
    *s = (ane_surface){.memory = memory, .n = n, .over = over};
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

/* --- packed --- */

static void need_packed(ane_surface *s) {
    if (!s->packed) {
        s->packed = floats_new(s->n);
        s->memory->bytes += s->n * sizeof *s->packed;
    }
}

static void only_packed(ane_surface *s) {
    s->packed_valid = true;
    for (int i = 0; i < s->forms; i++) {
        s->form[i].valid = false;
    }
}

void ane_surface_write(ane_surface *s, const float *data, size_t n) {
    need_packed(s);
    const float *from = data ? data : s->over ? s->over : s->packed;
    host_accept_all(s->memory->round, s->packed, from, n < s->n ? n : s->n, s->memory->pool, NULL);
    only_packed(s);
}

static anet_code cannot_lock(int code, anet_error *err) {
    return anet_fail(err, ANET_FAILED, "IOSurfaceLock fails with code %d; start again", code);
}

static anet_code unpack_form(ane_surface *s, const ane_form *f, anet_error *err) {
    const ane_api *a = s->memory->api;
    int code = a->IOSurfaceLock(f->surface, READ_ONLY, NULL);
    if (code) {
        return cannot_lock(code, err);
    }
    ane_unpack(&f->layout, s->packed, a->IOSurfaceGetBaseAddress(f->surface), s->memory->pool);
    a->IOSurfaceUnlock(f->surface, READ_ONLY, NULL);
    return ANET_OK;
}

static anet_code make_packed(ane_surface *s, anet_error *err) {
    need_packed(s);
    anet_code code = ANET_OK;
    for (int i = 0; i < s->forms && !s->packed_valid && !code; i++) {
        if (s->form[i].valid) {
            code = unpack_form(s, &s->form[i], err);
            s->packed_valid = !code;
        }
    }
    return code;
}

const float *ane_surface_read(ane_surface *s) {
    if (make_packed(s, &s->memory->failed)) {
        for (size_t i = 0; i < s->n; i++) {
            s->packed[i] = NAN;
        }
    }
    return s->packed;
}

void ane_surface_place(ane_surface *to, const anet_region *region, ane_surface *from, size_t n) {
    const float *x = ane_surface_read(from);
    ane_surface_read(to);
    for (size_t i = 0; i < n; i += region->width) {
        size_t width = n - i < region->width ? n - i : region->width;
        memcpy(to->packed + region->offset + i / region->width * region->stride, x + i,
               width * sizeof *x);
    }
    only_packed(to);
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

static anet_code pack_form(ane_surface *s, ane_form *f, anet_error *err) {
    const ane_api *a = s->memory->api;
    if (make_packed(s, err)) {
        return err->code;
    }
    int code = a->IOSurfaceLock(f->surface, 0, NULL);
    if (code) {
        return cannot_lock(code, err);
    }
    ane_pack(&f->layout, a->IOSurfaceGetBaseAddress(f->surface), s->packed, s->memory->pool);
    a->IOSurfaceUnlock(f->surface, 0, NULL);
    f->valid = true;
    return ANET_OK;
}

anet_code ane_surface_input(ane_surface *s, const ane_layout *l, ane_id *object, anet_error *err) {
    ane_form *f;
    if (need_form(s, l, &f, err) || (!f->valid && pack_form(s, f, err))) {
        return err->code;
    }
    *object = f->object;
    return ANET_OK;
}

anet_code ane_surface_output(ane_surface *s, const ane_layout *l, ane_id *object, anet_error *err) {
    ane_form *f;
    if (need_form(s, l, &f, err) ||
        (s->memory->keep_outputs && !f->valid && pack_form(s, f, err))) {
        return err->code;
    }
    *object = f->object;
    return ANET_OK;
}

void ane_surface_written(ane_surface *s, const ane_layout *l) {
    for (int i = 0; i < s->forms; i++) {
        s->form[i].valid = false;
    }
    s->packed_valid = false;
    find_form(s, l)->valid = true;
}
