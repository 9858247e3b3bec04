/* gradient.c: the command `grad`: the gradients of the mean loss of the first windows, as a file.
 */
#include "floats.h"
#include "interrupt.h"
#include "safetensors.h"
#include "session.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* "1 5 9 ...": up to one more than the sequence; what is missing at its end is padding without a
 * target */
static anet_code read_token_list(const session *s, const char *list, int32_t *ids, int32_t *targets,
                                 anet_error *err) {
    size_t n = 0;
    for (size_t i = 0; i < s->length; i++) {
        targets[i] = ANET_IGNORE;
    }
    for (char *end; *list; list = end) {
        errno = 0;
        long long id = strtoll(list, &end, 10);
        if (end == list) {
            for (; *end == ' ' || *end == '\n'; end++) {
            }
            if (*end == 0) {
                break;
            }
            return anet_fail(err, ANET_BAD_USAGE, "--tokens: '%.20s' is no token id", list);
        }
        if (id < 0 || id >= s->vocab || errno) {
            return anet_fail(err, ANET_BAD_USAGE, "--tokens: id %lld is not in [0, %lld)", id,
                             (long long)s->vocab);
        }
        if (n > s->length) {
            return anet_fail(err, ANET_BAD_USAGE,
                             "--tokens: more than %zu ids, the model's sequence and "
                             "the last target",
                             s->length + 1);
        }
        if (n > 0) {
            targets[n - 1] = (int32_t)id;
        }
        if (n < s->length) {
            ids[n] = (int32_t)id;
        }
        n++;
    }
    return n < 2 ? anet_fail(err, ANET_BAD_USAGE, "--tokens needs at least two ids") : ANET_OK;
}

static anet_code add_window(session *s, const int32_t *ids, const int32_t *targets, double scale,
                            double *loss, anet_error *err) {
    double one = 0;
    if (interrupt_check(err) || runner_forward(s->runner, ids, targets, &one, err)) {
        return err->code;
    }
    *loss += one;
    return runner_backward(s->runner, scale, err);
}

static anet_code add_data(session *s, int32_t *ids, uint64_t windows, double scale, double *loss,
                          anet_error *err) {
    tokens *data;
    if (session_data(s, OPT_DATA, &data, err)) {
        return err->code;
    }
    if (windows > tokens_windows(data, s->length)) {
        anet_fail(err, ANET_BAD_USAGE, "--windows %llu: the data has only %llu",
                  (unsigned long long)windows, (unsigned long long)tokens_windows(data, s->length));
    }
    for (uint64_t i = 0; i < windows && !err->code; i++) {
        session_report_at(s, i + 1);
        if (!tokens_read(data, i * s->length, s->length + 1, ids, err)) {
            add_window(s, ids, ids + 1, scale, loss, err);
        }
    }
    tokens_close(data);
    return err->code;
}

static anet_code unscale_gradients(session *s, double unscale, anet_error *err) {
    for (int i = 0; i < s->model->n_params; i++) {
        float *g = runner_gradients(s->runner)[i];
        size_t n = g ? s->weights.count[i] : 0;
        for (size_t k = 0; k < n; k++) {
            g[k] = (float)(g[k] * unscale);
        }
        if (floats_first_bad(g, n) < n) {
            return anet_fail(err, ANET_FAILED,
                             "the gradient of '%s' is not finite; try another --loss-scale, or "
                             "--numerics fp32",
                             s->model->params[i].name);
        }
    }
    return ANET_OK;
}

static size_t declare_gradients(const anet_model *m, st_tensor *tensors) {
    size_t n = 0;
    tensors[n++] = st_floats("loss", 0, NULL);
    for (int i = 0; i < m->n_params; i++) {
        const anet_param *p = &m->params[i];
        if (param_is_trained(p)) {
            tensors[n++] = st_floats(p->name, p->rank, p->dims);
        }
    }
    return n;
}

static anet_code write_gradients(session *s, const char *path, float loss, anet_error *err) {
    st_tensor *tensors = ARENA_ARRAY(s->memory, st_tensor, s->model->n_params + 1);
    size_t n = declare_gradients(s->model, tensors);
    st_writer *out;
    if (st_writer_begin(path, &(st_content){.tensors = tensors, .n_tensors = n}, &out, err)) {
        return err->code;
    }
    st_write(out, &loss, sizeof loss, err);
    for (int i = 0; i < s->model->n_params && !err->code; i++) {
        const float *g = runner_gradients(s->runner)[i];
        if (g) {
            st_write(out, g, s->weights.count[i] * sizeof *g, err);
        }
    }
    if (err->code) {
        st_writer_cancel(out);
        return err->code;
    }
    return st_writer_commit(out, err);
}

static anet_code compute(session *s, const char *path, int32_t *ids, int32_t *targets,
                         anet_error *err) {
    const char *list = cli_text(s->cli, OPT_TOKENS, NULL);
    uint64_t windows = list ? 1 : (uint64_t)cli_integer(s->cli, OPT_WINDOWS, 1);
    double scale = session_loss_scale(s), loss = 0;
    if (list ? read_token_list(s, list, ids, targets, err) : ANET_OK) {
        return err->code;
    }
    if (session_load(s, err) || session_open_runner(s, true, err)) {
        return err->code;
    }
    if (list ? add_window(s, ids, targets, scale, &loss, err)
             : add_data(s, ids, windows, scale, &loss, err)) {
        return err->code;
    }
    runner_finish(s->runner);
    session_report_print(s);
    loss /= (double)windows;
    if (unscale_gradients(s, 1 / (scale * (double)windows), err) ||
        write_gradients(s, path, (float)loss, err)) {
        return err->code;
    }
    printf("loss %.12g\n", loss);
    return cli_flush(err);
}

anet_code command_grad(session *s, anet_error *err) {
    const char *path;
    if (cli_require(s->cli, OPT_OUT, &path, err) || session_keep_inputs(s, OPT_OUT, err) ||
        session_require_gradients(s, err)) {
        return err->code;
    }
    if (cli_text(s->cli, OPT_TOKENS, NULL) && cli_text(s->cli, OPT_DATA, NULL)) {
        return anet_fail(err, ANET_BAD_USAGE, "grad takes --data or --tokens, not both");
    }
    int32_t *ids = anet_calloc(s->length + 1, 2 * sizeof *ids);
    compute(s, path, ids, ids + s->length + 1, err);
    free(ids);
    return err->code;
}
