/* tolerance.c: how far a kernel's results may be from those of the host device, which
 * computes as its chip was measured to. Facts: ane-facts sections 5, 6 and 9.9. */
#include "selftest/selftest.h"

#include "mil/cost.h"

#include <math.h>
#include <string.h>

/* What was reported of products, relative: 1e-3 in general; on M6 2.6e-3 for matrices of 512 and
 * 2.7e-2 for 4096. Between these a power of the number of products; not more beyond. */
static const double usual = 1e-3;
static const struct { double products, error; } small = {512, 2.6e-3}, large = {4096, 2.7e-2};

double selftest_sum_tolerance(double products) {
    double power = log(large.error / small.error) / log(large.products / small.products);
    double error = small.error * pow(products / small.products, power);
    return fmin(fmax(error, usual), large.error);
}

/* The largest errors that were measured of functions that are looked up in tables; relative where
 * they were given in units of the last place of a half (2^-10). */
static const struct {
    const char *op;
    double error;
} functions[] = {
    {"sigmoid", 3.4e-3},      {"tanh", 1.6e-3},          {"gelu", 6.2e-3},
    {"silu", 1.5e-2},         {"erf", 8.6e-4},           {"sin", 6e-4},
    {"log", 6.6e-3},          {"exp", 9.1 / 1024},       {"exp2", 9.1 / 1024},
    {"inverse", 13.5 / 1024}, {"real_div", 13.5 / 1024}, {"rsqrt", 2.1 / 1024},
    {"sqrt", 1.2 / 1024},     {"softmax", 13.5 / 1024},
};

static double op_tolerance(const mil_inference *in) {
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (strcmp(functions[i].op, in->op->op) == 0) {
            return functions[i].error;
        }
    }
    double macs = mil_work_of(in).macs, results = 0;
    for (int i = 0; i < in->op->outs && macs > 0; i++) {
        results += (double)mil_elements(&in->op->out[i].type);
    }
    return macs > 0 && results > 0 ? selftest_sum_tolerance(macs / results) : usual;
}

static void visit(void *context, const mil_func *func, const mil_inference *in) {
    (void)func;
    double *tolerance = context;
    *tolerance = fmax(*tolerance, op_tolerance(in));
}

anet_code selftest_tolerance(const anet_kernel *kernel, double *tolerance, anet_error *err) {
    mil_program *p;
    *tolerance = usual;
    if (mil_read(kernel->mil, kernel->mil_size, kernel->name, &p, err)) {
        return err->code;
    }
    arena *memory = arena_new();
    mil_findings found = {.memory = memory};
    mil_examine(p, &found, visit, tolerance);
    mil_findings_free(&found);
    arena_free(memory);
    mil_free(p);
    return ANET_OK;
}
