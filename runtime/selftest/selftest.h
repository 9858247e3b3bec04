/* selftest.h: one kernel on two devices: is what it computes on the first what the second computes?
 *
 *     case_open(c, model, step, &err);         what goes in and out of the kernel of a step
 *     selftest_kernel(&t, c, &result, &err);   makes up data, evaluates, compares, explains
 *
 * selftest.c is the command; case.c makes the data and feeds devices with them,
 * kernel.c evaluates and compares, explain.c finds out what went wrong. */
#ifndef ANET_SELFTEST_H
#define ANET_SELFTEST_H

#include "base/text.h"
#include "device.h"
#include "model.h"

/* --- what a kernel is fed with --- */

/* What holds arguments on their way into the program: one of its ports, or the file of a constant.
 */
typedef struct carrier {
    const char *path; /* of the constant's file; NULL for a port */
    size_t n;         /* elements */
    int arguments;    /* in it */
} carrier;

typedef struct argument {
    const anet_value *value;
    size_t n;
    int carrier;
    anet_region region; /* in the carrier */
} argument;

typedef struct kernel_case {
    const anet_model *model;
    const anet_kernel *kernel;
    const anet_step *step;
    argument *in;
    carrier *carrier; /* first the ports, in their order, then the constants */
    int ins, outs, ports, carriers;
    const anet_value **out;
    double tolerance; /* see selftest_tolerance */
} kernel_case;

/* `step` evaluates the kernel. Close it whatever is returned. ANET_INTERNAL: the kernel's feeds do
 * not fit. */
anet_code case_open(kernel_case *c, const anet_model *m, const anet_step *step, anet_error *err);
void case_close(kernel_case *c);

/* Data: one array for each argument, one for each output. */
float **case_new_inputs(const kernel_case *c);
float **case_new_outputs(const kernel_case *c);
void case_free_data(float **data, int n);

/* Ways to make up data, from the most natural one on: for kernels in which something overflows or
 * has no logarithm. */
enum { SELFTEST_RECIPES = 5 };
void case_fill(const kernel_case *c, uint64_t seed, int recipe, float **in);

/* --- a device and the program on it --- */

typedef struct side {
    const anet_device_ops *ops;
    anet_device *device; /* borrowed */
    const kernel_case *c;
    anet_program *program;
    anet_surface **in, **out;
    float **fed; /* what each carrier holds */
} side;

/* Compiles the program with the constants of `data` and feeds it. Close it whatever is returned. */
anet_code side_open(side *s, const anet_device_ops *ops, anet_device *device, const kernel_case *c,
                    float *const *data, anet_error *err);
void side_close(side *s);
/* NULL for an argument: zeros. Reloads the program if that changes a constant. */
anet_code side_feed(side *s, float *const *data, anet_error *err);
/* Exchanges what two ports hold, as far as both reach, until side_feed. */
void side_exchange(side *s, int a, int b);
/* Evaluates. What the device leaves out of an output is SELFTEST_POISON, if it keeps outputs. */
anet_code side_run(side *s, float **results, double *seconds, anet_error *err);

#define SELFTEST_POISON (-23456.0F) /* a half */

/* --- comparing --- */

typedef struct difference {
    bool exact;     /* bit by bit */
    double largest; /* of |got - wanted| by the larger of |wanted| and the output's RMS */
    int output;     /* where that is */
    size_t at;
    float got, wanted;
    size_t off, elements; /* how many are beyond the tolerance, of all */
} difference;

/* All outputs, or the first `n` elements of one: `got` as if they were those of output `wanted`. */
difference compare_outputs(const kernel_case *c, float *const *got, float *const *wanted);
difference compare_elements(const float *got, const float *wanted, size_t n, double tolerance);

/* How far results may be from those of the host device on account of known properties of the
 * engine: see the table in tolerance.c. */
anet_code selftest_tolerance(const anet_kernel *kernel, double *tolerance, anet_error *err);
/* of sums of so many products */
double selftest_sum_tolerance(double products);

/* --- what can be wrong --- */

typedef enum selftest_finding {
#define FINDING(ID, word, advice) FOUND_##ID,
#include "selftest/findings.def"
    SELFTEST_FINDINGS
} selftest_finding;

const char *selftest_word(selftest_finding f);   /* "swapped-inputs" */
const char *selftest_advice(selftest_finding f); /* what to do about it */

/* Explains results that are not those wanted: appends a sentence without its full stop. `in` is
 * what both sides were fed with. `before`: what they were fed with until a reload, or NULL. The
 * reference is fed with `in` again at the end. */
anet_code selftest_explain(side *reference, float *const *in, float *const *before,
                           float *const *got, float *const *wanted, selftest_finding *finding,
                           text *why, anet_error *err);

/* --- a kernel --- */

typedef struct selftest {
    const anet_device_ops *ops, *reference_ops;
    anet_device *device, *reference;
    double more_tolerance; /* beside that of the kernel */
    uint64_t seed;
} selftest;

typedef struct selftest_result {
    selftest_finding finding;
    text why;      /* the finding in words, empty for none */
    text unseen;   /* names of inputs that no data make matter: they are not checked */
    bool exact;    /* bit by bit in every run */
    bool reloaded; /* constants were changed and compared, too */
    double largest, tolerance;
    double seconds; /* of the last evaluation */
} selftest_result;

/* The error is about the reference, an interrupt or a bug; what the device fails at is a finding.
 */
anet_code selftest_kernel(const selftest *t, kernel_case *c, selftest_result *r, anet_error *err);
void selftest_result_free(selftest_result *r);

#endif
