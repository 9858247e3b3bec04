/* device.h: what runs MIL. `host` everywhere, `ane` on a Mac (see README: what has run where).
 *
 * A device compiles the text of one MIL program, gives out surfaces (the memory of one tensor) and
 * evaluates a program on surfaces. Tensors cross this border packed, row-major, as float (integers
 * as int32 in the same memory); what the device stores inside is its own matter (the host device in
 * fp16 numerics rounds every tensor that is written or computed to the nearest half, ties to even;
 * the engine's own numerics are those of host/numerics.def). */
#ifndef ANET_DEVICE_H
#define ANET_DEVICE_H

#include "abi.h"
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

/* How the ane device gives a program other weights. */
typedef enum anet_update {
    ANET_UPDATE_AUTO,     /* patch, where a first trial shows that it works; else recompile */
    ANET_UPDATE_PATCH,    /* the compiled program of before with new weights, without a compile */
    ANET_UPDATE_RECOMPILE /* compile again, as long as the budget lasts */
} anet_update;

typedef struct anet_device_config {
    anet_numerics numerics;
    anet_pool *pool;            /* threads to compute on; borrowed */
    struct host_report *report; /* host: where to count what numerics do; borrowed, or NULL */
    bool keep_outputs; /* what surface_write wrote is still there when a program is evaluated into
                          the surface, so that it shows what was not written; costs a copy */
    /* --- ane --- */
    const char *profile; /* file of what `anetc doctor` found out about this machine, or NULL */
    const char *cache;   /* folder of compiled programs, made when it is missing; NULL: none */
    int compile_budget;  /* compiles of this process; 0: 100 */
    anet_update update;
    /* something that the user should know although nothing failed: one sentence; NULL: nobody asks
     */
    void (*notice)(void *context, const char *sentence);
    void *notice_context;
} anet_device_config;

/* What a device did since it was opened. Only what succeeded is counted. */
typedef struct anet_device_stats {
    int64_t compiles, cached, patches, evaluations; /* cached: loaded without a compile */
    double compile_seconds, load_seconds, patch_seconds, evaluate_seconds;
    double copy_seconds;          /* between the packed floats of the CPU and the device's memory */
    uint64_t bytes_in, bytes_out; /* that crossed the border, to and from the device */
    uint64_t bytes_relaid;        /* of these, only because one program's output and the next one's
                                     input are laid out differently; in and out again */
} anet_device_stats;

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
    /* Gives a program other weights: `source` is what it was compiled from, with other content of
     * the same blobs. On failure *program is as before. ANET_RESTART: only a new process can. */
    anet_code (*reload)(anet_program **program, const anet_source *source, anet_error *err);
    /* how often reload will do in this process; INT64_MAX: always */
    int64_t (*reloads_left)(anet_device *device);
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
    /* What surface_read gave is the caller's copy until it reads the surface again: the device may
     * write the surface meanwhile. */
    bool reads_are_copies;
    /* Evaluates with something else than the processor: the CPU's own work can go on beside it. */
    bool computes_apart;
    /* Copies all n elements of `from` to a region of `to`; the rest of `to` stays. */
    void (*surface_place)(anet_surface *to, const anet_region *region, anet_surface *from,
                          size_t n);
    /* `to` gets what surface_write would store. */
    void (*accept)(const anet_device *device, float *to, const float *from, size_t n);

    /* in and out follow the port order; every size is checked against its port. Not reentrant. */
    anet_code (*evaluate)(anet_program *program, anet_surface *const *in, anet_surface *const *out,
                          anet_error *err);
    size_t (*memory)(const anet_device *device); /* bytes held by programs and surfaces */
    const anet_device_stats *(*stats)(const anet_device *device);
    anet_numerics (*numerics)(const anet_device *device); /* what it computes like */
    /* what the engine calls itself, "h16g"; "" on the host device */
    const char *(*architecture)(const anet_device *device);
} anet_device_ops;

extern const anet_device_ops anet_host_device;

#endif
