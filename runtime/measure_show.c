/* measure_show.c: what was measured, as text and as JSON. */
#include "host/blas.h"
#include "measure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static const double mib = 1024.0 * 1024.0;

static double peak_mib(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
    return (double)usage.ru_maxrss / mib;
#else
    return (double)usage.ru_maxrss / 1024.0;
#endif
}

static double median_ms(const measurement *m) {
    return m->ms[m->steps / 2];
}

static double tokens_per_step(const measurement *m, const session *s) {
    return (double)trainer_sequences(&m->trainer) * (double)s->length;
}

static double step_gflops(const measurement *m) {
    return m->operations * (double)trainer_sequences(&m->trainer) / median_ms(m) / 1e6;
}

static double call_seconds(const kernel_figures *k) {
    return k->calls ? k->seconds / (double)k->calls : 0;
}

static double call_gflops(const kernel_figures *k) {
    return k->seconds > 0 ? 1e-9 * k->operations / call_seconds(k) : 0;
}

/* per measured step */
static double each_step(const measurement *m, double x) {
    return x / (double)m->steps;
}

static double border_bytes(const measurement *m) {
    return each_step(m, (double)(m->done.bytes_in + m->done.bytes_out));
}

/* --- text --- */

static void print_setting(const session *s) {
    printf("%s on %s, %s, %d threads, BLAS kernels %s", s->model->name, s->ops->name,
           session_numerics(s), pool_threads(s->pool), blas_kernels());
}

static void print_share(const char *name, double seconds, const measurement *m) {
    printf("  %-28s %10.3f ms %5.1f %%\n", name, 1e3 * each_step(m, seconds),
           100 * seconds / m->all);
}

static void print_kernels(const measurement *m, const session *s, const engine_peak *peak) {
    printf("  %-20s %10s %6s %7s %10s %9s%s\n", "kernel", "ms/step", "share", "calls", "us/call",
           "GFLOP/s", peak ? " of peak" : "");
    for (int i = 0; i < s->model->n_kernels; i++) {
        const kernel_figures *k = &m->kernels[i];
        printf("  %-20s %10.3f %5.1f%% %7.0f %10.1f %9.1f", k->kernel->name,
               1e3 * each_step(m, k->seconds), 100 * k->seconds / m->all,
               each_step(m, (double)k->calls), 1e6 * call_seconds(k), call_gflops(k));
        if (peak && k->kernel->place == ANET_PLACE_ANE) {
            printf(" %6.2f %%", 0.1 * call_gflops(k) / peak->tflops);
        }
        printf("\n");
    }
    if (peak) {
        printf("  peak of %s: %.4g TFLOP/s, %s (%s)\n", peak->chip, peak->tflops, peak->what,
               peak->source);
    }
}

static void print_device(const measurement *m) {
    const anet_device_stats *o = &m->opened, *d = &m->done;
    printf("device: %lld of %lld evaluations succeeded; %.1f %% of the time was outside of them",
           (long long)d->evaluations, (long long)m->scheduled, 100 * measure_outside(m));
    if (border_bytes(m) > 0) { /* the host device has none */
        printf("; %.3f MiB/step over its border, copied in %.3f ms/step", border_bytes(m) / mib,
               1e3 * each_step(m, d->copy_seconds));
    }
    printf("\n");
    if (d->bytes_relaid > 0) {
        printf("  %.3f MiB/step of it between kernels, whose surfaces differ; `anetc doctor "
               "--report` finds out whether they must, for --profile\n",
               each_step(m, (double)d->bytes_relaid) / mib);
    }
    printf(
        "programs: at the start %lld compiled (%.3f s), %lld from the cache; loaded in %.3f s; "
        "in the measured steps %lld compiled (%.3f s), %lld patched (%.3f s), loaded in %.3f s\n",
        (long long)o->compiles, o->compile_seconds, (long long)o->cached, o->load_seconds,
        (long long)d->compiles, d->compile_seconds, (long long)d->patches, d->patch_seconds,
        d->load_seconds);
}

void measure_print_bench(const measurement *m, const session *s) {
    print_setting(s);
    printf(
        "\n%lld steps of %.0f tokens: median %.2f ms (%.2f to %.2f), %.0f tokens/s, %.1f GFLOP/s "
        "in matrix products, peak memory %.0f MiB\nwarm-up: %lld steps, %.2f s\n",
        (long long)m->steps, tokens_per_step(m, s), median_ms(m), m->ms[0], m->ms[m->steps - 1],
        1e3 * tokens_per_step(m, s) / median_ms(m), step_gflops(m), peak_mib(),
        (long long)m->warm_up_steps, m->warm_up_seconds);
    print_kernels(m, s, engine_peak_of(runner_architecture(s->runner)));
    print_device(m);
}

static double cpu_step_seconds(const measurement *m, const anet_model *model, anet_step_op op) {
    double seconds = 0;
    for (int i = 0; i < model->n_steps; i++) {
        seconds += model->steps[i].op == op ? m->step_seconds[i] : 0;
    }
    return seconds;
}

static void print_phases(const measurement *m) {
    const step_phases *p = &m->phases;
    printf("\nphases of a training step (%.2f ms):\n", 1e3 * each_step(m, m->all));
    print_share("forward kernels", p->forward, m);
    print_share("backward kernels", p->backward, m);
    print_share("loss and its gradient", p->loss, m);
    print_share("waiting for the background", p->waiting, m);
    print_share("optimizer", p->spent, m);
    print_share("new weights to the device", p->updating, m);
    print_share("everything else", p->other, m);
    printf("  in the background, of all threads together: dW %.3f ms, optimizer %.3f ms\n",
           1e3 * each_step(m, p->gradients), 1e3 * each_step(m, p->optimizer));
}

static void print_memory(const session *s, const trainer *t) {
    printf("\nmemory: weights %.1f MiB, gradients %.1f, optimizer %.1f, device %.1f; peak of the "
           "process %.1f\n",
           (double)model_parameters(s->model) * sizeof(float) / mib,
           (double)runner_gradient_memory(s->runner) / mib,
           (double)optimizer_memory(t->optimizer) / mib, (double)runner_memory(s->runner) / mib,
           peak_mib());
}

void measure_print_profile(const measurement *m, const session *s) {
    print_setting(s);
    printf(", %lld steps of %lld sequences, after %lld to warm up\n", (long long)m->steps,
           (long long)trainer_sequences(&m->trainer), (long long)m->warm_up_steps);
    print_kernels(m, s, engine_peak_of(runner_architecture(s->runner)));
    printf("\nsteps on the CPU:\n");
    for (int op = ANET_STEP_GATHER; op < STEP_OPS; op++) {
        if (!step_is_gradient((anet_step_op)op)) {
            print_share(step_name((anet_step_op)op),
                        cpu_step_seconds(m, s->model, (anet_step_op)op), m);
        }
    }
    print_phases(m);
    printf("\n");
    print_device(m);
    print_memory(s, &m->trainer);
}

/* --- JSON --- */

static void json_name(text *out, const char *name, const char *value) {
    text_printf(out, ",\"%s\":", name);
    text_json(out, value, strlen(value));
}

static void json_count(text *out, const char *name, int64_t n) {
    text_printf(out, ",\"%s\":%lld", name, (long long)n);
}

static void json_number(text *out, const char *name, double x) {
    text_printf(out, ",\"%s\":%.6g", name, x);
}

static void json_setting(text *out, const measurement *m, const session *s) {
    text_puts(out, "{\"model\":");
    text_json(out, s->model->name, strlen(s->model->name));
    json_name(out, "device", s->ops->name);
    json_name(out, "architecture", runner_architecture(s->runner));
    json_name(out, "numerics", session_numerics(s));
    json_count(out, "threads", pool_threads(s->pool));
    json_name(out, "blas", blas_kernels());
    json_count(out, "steps", m->steps);
    json_count(out, "warm_up_steps", m->warm_up_steps);
    json_number(out, "warm_up_seconds", m->warm_up_seconds);
    json_number(out, "ms_per_step", median_ms(m));
    json_number(out, "ms_least", m->ms[0]);
    json_number(out, "ms_most", m->ms[m->steps - 1]);
    json_number(out, "tokens_per_second", 1e3 * tokens_per_step(m, s) / median_ms(m));
    json_number(out, "gflops", step_gflops(m));
    json_number(out, "peak_mib", peak_mib());
}

static void json_device(text *out, const measurement *m) {
    const anet_device_stats *o = &m->opened, *d = &m->done;
    json_count(out, "evaluations", d->evaluations);
    json_count(out, "evaluations_scheduled", m->scheduled);
    json_number(out, "outside_device", measure_outside(m));
    json_number(out, "border_bytes_per_step", border_bytes(m));
    json_number(out, "relaid_bytes_per_step", each_step(m, (double)m->done.bytes_relaid));
    json_number(out, "copy_ms_per_step", 1e3 * each_step(m, d->copy_seconds));
    text_printf(out,
                ",\"opening\":{\"compiles\":%lld,\"compile_seconds\":%.6g,\"cached\":%lld,"
                "\"load_seconds\":%.6g}",
                (long long)o->compiles, o->compile_seconds, (long long)o->cached, o->load_seconds);
    text_printf(out,
                ",\"measured\":{\"compiles\":%lld,\"compile_seconds\":%.6g,\"cached\":%lld,"
                "\"patches\":%lld,\"patch_seconds\":%.6g,\"load_seconds\":%.6g,"
                "\"evaluate_seconds\":%.6g}",
                (long long)d->compiles, d->compile_seconds, (long long)d->cached,
                (long long)d->patches, d->patch_seconds, d->load_seconds, d->evaluate_seconds);
}

static void json_phases(text *out, const measurement *m) {
    const step_phases *p = &m->phases;
    const struct {
        const char *name;
        double seconds;
    } rows[] = {{"forward", p->forward},
                {"backward", p->backward},
                {"loss", p->loss},
                {"waiting", p->waiting},
                {"optimizer", p->spent},
                {"updating", p->updating},
                {"other", p->other},
                {"background_gradients", p->gradients},
                {"background_optimizer", p->optimizer}};
    text_puts(out, ",\"phases_ms\":{");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        text_printf(out, "%s\"%s\":%.6g", i ? "," : "", rows[i].name,
                    1e3 * each_step(m, rows[i].seconds));
    }
    text_putc(out, '}');
}

static void json_kernels(text *out, const measurement *m, const session *s,
                         const engine_peak *peak) {
    text_puts(out, ",\"kernels\":[");
    for (int i = 0; i < s->model->n_kernels; i++) {
        const kernel_figures *k = &m->kernels[i];
        bool on_engine = k->kernel->place == ANET_PLACE_ANE;
        text_puts(out, i ? ",{\"name\":" : "{\"name\":");
        text_json(out, k->kernel->name, strlen(k->kernel->name));
        json_name(out, "place", on_engine ? "ane" : "cpu");
        json_count(out, "calls", k->calls);
        json_number(out, "us_per_call", 1e6 * call_seconds(k));
        json_number(out, "gflop_per_call", 1e-9 * k->operations);
        json_number(out, "gflops", call_gflops(k));
        if (peak && on_engine) {
            json_number(out, "of_peak", 1e-3 * call_gflops(k) / peak->tflops);
        }
        text_putc(out, '}');
    }
    text_putc(out, ']');
}

void measure_print_json(const measurement *m, const session *s) {
    const engine_peak *peak = engine_peak_of(runner_architecture(s->runner));
    text out = {0};
    json_setting(&out, m, s);
    json_device(&out, m);
    json_phases(&out, m);
    json_kernels(&out, m, s, peak);
    if (peak) {
        text_printf(&out, ",\"peak\":{\"chip\":\"%s\",\"tflops\":%.6g", peak->chip, peak->tflops);
        json_name(&out, "what", peak->what);
        json_name(&out, "source", peak->source);
        text_putc(&out, '}');
    }
    text_puts(&out, "}\n");
    fwrite(out.at, 1, out.len, stdout);
    text_free(&out);
}
