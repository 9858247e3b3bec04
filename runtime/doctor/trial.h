/* trial.h: a program on the engine, with surfaces of sizes that the caller chooses. */
#ifndef ANET_DOCTOR_TRIAL_H
#define ANET_DOCTOR_TRIAL_H

#include "ane/program.h"
#include "ane/surface.h"
#include "doctor/doctor.h"

enum { TRIAL_PORTS = 4 };

typedef struct trial {
    const bench *bench;
    ane_engine engine;
    anet_program *program; /* NULL: not open */
    anet_surface in[TRIAL_PORTS], out[TRIAL_PORTS];
} trial;

/* MIL text in the newest dialect that is known to be taken: the function's parameters, ops and
 * results ("(y)"). */
void trial_program(const bench *b, const char *parameters, const char *ops, const char *results,
                   text *mil, anet_error *err);
/* The same in the dialect that is asked for. */
void trial_program_in(bool old, const char *parameters, const char *ops, const char *results,
                      text *mil, anet_error *err);

/* what a conv of one by one needs beside its weight and x */
#define TRIAL_CONV_CONSTANTS                                                                       \
    "        string pt = const()[name = string(\"pt\"), val = string(\"valid\")];\n"               \
    "        tensor<int32, [2]> st = const()[name = string(\"st\"), val = tensor<int32, [2]>"      \
    "([1, 1])];\n"                                                                                 \
    "        tensor<int32, [4]> pd = const()[name = string(\"pd\"), val = tensor<int32, [4]>"      \
    "([0, 0, 0, 0])];\n"                                                                           \
    "        tensor<int32, [2]> dl = const()[name = string(\"dl\"), val = tensor<int32, [2]>"      \
    "([1, 1])];\n"                                                                                 \
    "        int32 gr = const()[name = string(\"gr\"), val = int32(1)];\n"
#define TRIAL_CONV "conv(dilations = dl, groups = gr, pad = pd, pad_type = pt, strides = st, "

/* Compiles and loads; surfaces are such as the machine is known to take. On failure nothing is
 * left. `mil` is freed. A failed `err` is kept. */
anet_code trial_open(trial *t, const bench *b, const char *name, text *mil, const anet_blob *blob,
                     anet_pool *pool, anet_error *err);
void trial_close(trial *t);

/* Bytes of the surface in a slot. A surface that is smaller than its tensor is not allowed: it
 * becomes as large as the tensor. */
void trial_resize(trial *t, bool input, int slot, int64_t bytes);
/* values from..: 0, 1 .. period-1 and again, times scale */
void trial_count(trial *t, int input, int period, float scale);
void trial_fill(trial *t, int input, float value);
anet_code trial_run(trial *t, anet_error *err);
const float *trial_result(trial *t, int output);

/* Median of the time of an evaluation, seconds, after `warm` seconds of them; only evaluations that
 * succeed count. *n is how many they were. */
anet_code trial_time(trial *t, double warm, double seconds, double *median, int *n,
                     anet_error *err);

#endif
