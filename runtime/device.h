/* device.h: what runs MIL. `host` everywhere, `ane` on a Mac (see README: what has run where).
 *
 * A device compiles the text of one MIL program, gives out surfaces (the memory of one tensor) and
 * evaluates a program on surfaces. Tensors cross this border packed, row-major, as float (integers
 * as int32 in the same memory); what the device stores inside is its own matter (the host device in
 * fp16 numerics rounds every tensor that is written or computed to the nearest half, ties to even;
 * the engine's own numerics are those of host/numerics.def). */
#ifndef ANET_DEVICE_H
#define ANET_DEVICE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct anet_device anet_device;
typedef struct anet_program anet_program;
typedef struct anet_surface anet_surface;
typedef struct anet_pool anet_pool;

/* What arithmetic the host device does. The engine's own modes compute what was measured on that
 * chip, see host/numerics.def. */
typedef enum anet_numerics {
    ANET_NUMERICS_FP16, /* each value rounded to half, sums in float */
    ANET_NUMERICS_FP32,
    ANET_NUMERICS_ANE_M1,
    ANET_NUMERICS_ANE_M4,
    ANET_NUMERICS_ANE_M5,
    ANET_NUMERICS_ANE_M6,
    ANET_NUMERICS_MODES /* how many */
} anet_numerics;

typedef struct anet_device_config {
    anet_numerics numerics;
    anet_pool *pool;            /* threads to compute on; borrowed */
    struct host_report *report; /* host: where to count what numerics do; borrowed, or NULL */
} anet_device_config;

/* A port is an input or output of a program, in the order of the MIL function's parameters or
 * results. */
typedef struct anet_port {
    const char *name, *dtype; /* "x", "fp16" */
    int rank;
    int64_t dims[7];
    size_t elements;
} anet_port;

/* A file that the text names in BLOBFILE(path, ..), in memory; borrowed. */
typedef struct anet_blob {
    const char *path; /* "@model_path/weights/weight.bin" */
    const void *data;
    size_t size;
} anet_blob;

/* A MIL program to compile. Everything is borrowed; the blobs until compile returns. */
typedef struct anet_source {
    const char *name; /* appears in messages */
    const char *text;
    size_t size;
    const anet_blob *blob;
    int blobs;
} anet_source;

typedef struct anet_device_ops {
    const char *name;
    anet_code (*open)(const anet_device_config *config, anet_device **device, anet_error *err);
    void (*close)(anet_device *device);

    anet_code (*compile)(anet_device *device, const anet_source *source, anet_program **program,
                         anet_error *err);
    void (*release)(anet_program *program);
    int (*inputs)(const anet_program *program, const anet_port **ports); /* count */
    int (*outputs)(const anet_program *program, const anet_port **ports);

    /* Surfaces of n elements, zeroed. A surface made `over` memory that the caller owns uses that
     * memory itself where the device can (host in fp32), so that a parameter need not be copied. */
    anet_code (*surface_new)(anet_device *device, size_t n, float *over, anet_surface **surface,
                             anet_error *err);
    void (*surface_free)(anet_surface *surface);
    /* Tell the device that the caller's memory or the mapped data changed. Rounds on host fp16. */
    void (*surface_write)(anet_surface *surface, const float *data, size_t n);
    /* The elements for reading by the CPU; valid until the surface is next written or evaluated
     * into. On the host device this is the surface itself, with no copy. */
    const float *(*surface_read)(anet_surface *surface);

    /* in and out follow the port order; every size is checked against its port. Not reentrant. */
    anet_code (*evaluate)(anet_program *program, anet_surface *const *in, anet_surface *const *out,
                          anet_error *err);
    size_t (*memory)(const anet_device *device); /* bytes held by programs and surfaces */
} anet_device_ops;

extern const anet_device_ops anet_host_device;

#endif
