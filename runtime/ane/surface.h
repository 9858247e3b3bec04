/* surface.h: the memory of one tensor: packed floats, and IOSurfaces of one layout each.
 *
 * At any time some of these forms are valid and hold the same values; the others are made from
 * them when they are asked for. A new surface is zero. The packed floats change only when the
 * caller writes or reads the surface: what it once read stays until then. */
#ifndef ANET_ANE_SURFACE_H
#define ANET_ANE_SURFACE_H

#include "ane/layout.h"
#include "ane/objc.h"
#include "host/numerics.h"

typedef struct ane_form {
    ane_layout layout;
    ane_id surface, object; /* an IOSurface; the _ANEIOSurfaceObject around it */
    bool valid;
} ane_form;

typedef struct ane_memory {
    const ane_api *api;
    host_rounding round; /* of what comes from the caller */
    anet_pool *pool;
    anet_device_stats *stats;
    bool keep_outputs; /* see device.h */
    size_t bytes;
    float *staging; /* for what goes from one layout to another */
    size_t staging_n;
    anet_error failed; /* of a read, which cannot say so: told at the next evaluation */
} ane_memory;

void ane_memory_free(ane_memory *m);

typedef struct ane_surface {
    ane_memory *memory;
    size_t n;
    float *over;               /* the caller's, or NULL */
    float *packed;             /* NULL until it is needed: zero */
    bool packed_valid, halves; /* halves: the packed floats are such */
    ane_form *form;
    int forms;
} ane_surface;

struct anet_surface {
    ane_surface s;
};

void ane_surface_init(ane_surface *s, ane_memory *memory, size_t n, float *over);
void ane_surface_free(ane_surface *s);
/* data NULL: from the caller's memory, or the packed floats have changed */
void ane_surface_write(ane_surface *s, const float *data, size_t n);
/* NaN throughout if the IOSurface cannot be read */
const float *ane_surface_read(ane_surface *s);

/* All n elements of `from` to a region of `to`, which keeps the rest: straight into the form that
 * is valid. */
void ane_surface_place(ane_surface *to, const anet_region *region, ane_surface *from, size_t n);

/* The object to bind for a port of this layout, for reading or to be written. */
anet_code ane_surface_input(ane_surface *s, const ane_layout *l, ane_id *object, anet_error *err);
anet_code ane_surface_output(ane_surface *s, const ane_layout *l, ane_id *object, anet_error *err);
/* After the engine wrote the form of this layout: nothing else is valid. */
void ane_surface_written(ane_surface *s, const ane_layout *l);

#endif
