/* measure.h: training steps against the clock: measure.c measures, measure_show.c shows. */
#ifndef ANET_MEASURE_H
#define ANET_MEASURE_H

#include "trainer.h"

typedef struct kernel_figures {
    const anet_kernel *kernel;
    int64_t calls;
    double seconds;    /* of all calls, with the copies that they need */
    double operations; /* of one call, in products: see work.h */
} kernel_figures;

/* What the step's time goes to, in seconds of all measured steps. */
typedef struct step_phases {
    double forward, backward; /* kernels */
    double loss;              /* and its gradient */
    double waiting;           /* for what runs in the background */
    double spent;             /* on the optimizer: the gradients' norm, and the updates where they
                                 do not go on beside the device */
    double updating;          /* new parameters go to the device */
    double other;
    /* beside the rest, of all threads together: weight gradients, the optimizer */
    double gradients, optimizer;
} step_phases;

typedef struct measurement {
    trainer trainer;
    tokens *data;
    int64_t steps, warm_up_steps;
    double warm_up_seconds;
    double *ms;           /* of each step, sorted */
    double *step_seconds; /* per step of the schedule */
    double all;           /* seconds */
    double operations;    /* of a sequence, in products */
    step_phases phases;
    kernel_figures *kernels;
    int64_t scheduled;        /* evaluations that the device was asked for */
    anet_device_stats opened; /* what opening took */
    anet_device_stats done;   /* in the measured steps */
} measurement;

typedef struct engine_peak {
    int family;
    const char *chip;
    double tflops;
    const char *what, *source;
} engine_peak;

/* The most that was measured on an engine of this architecture ("h16g"), or NULL. */
const engine_peak *engine_peak_of(const char *architecture);

/* the share of the measured time that was not spent in the device's evaluate */
double measure_outside(const measurement *m);

void measure_print_bench(const measurement *m, const session *s);
void measure_print_profile(const measurement *m, const session *s);
void measure_print_json(const measurement *m, const session *s);

#endif
