/* model.c: sizes, roles of arguments, tables, and the check of a model before it is used. */
#include "model.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MAX_CPU_ARGS = 4 };

static const struct step_form {
    const char *name;
    bool gradient;
    anet_role roles[MAX_CPU_ARGS];
} forms[] = {
#define ANET_STEP(ID, name, gradient, a, b, c, d, meaning)                                         \
    {name, gradient, {ANET_ROLE_##a, ANET_ROLE_##b, ANET_ROLE_##c, ANET_ROLE_##d}},
#include "steps.def"
};

anet_role step_role(const anet_model *m, const anet_step *step, int arg) {
    if (arg < 0 || arg >= step->n_args) {
        return ANET_ROLE_NONE;
    }
    if (step->op == ANET_STEP_EVAL) {
        return arg < m->kernels[step->kernel].n_in ? ANET_ROLE_READ : ANET_ROLE_WRITE;
    }
    return arg < MAX_CPU_ARGS ? forms[step->op].roles[arg] : ANET_ROLE_NONE;
}

const char *step_name(anet_step_op op) {
    return forms[op].name;
}

bool step_is_gradient(anet_step_op op) {
    return forms[op].gradient;
}

static size_t product(int rank, const int64_t *dims) {
    size_t n = 1;
    for (int i = 0; i < rank; i++) {
        n *= (size_t)dims[i];
    }
    return n;
}

size_t value_elements(const anet_value *v) {
    return product(v->rank, v->dims);
}

size_t param_elements(const anet_param *p) {
    return product(p->rank, p->dims);
}

size_t model_parameters(const anet_model *m) {
    size_t n = 0;
    for (int i = 0; i < m->n_params; i++) {
        n += param_elements(&m->params[i]);
    }
    return n;
}

bool param_is_trained(const anet_param *p) {
    return (p->flags & ANET_PARAM_FROZEN) == 0;
}

const char *shape_text(int rank, const int64_t *dims, char *buffer, size_t size) {
    size_t len = (size_t)snprintf(buffer, size, "[");
    for (int i = 0; i < rank && len < size; i++) {
        len +=
            (size_t)snprintf(buffer + len, size - len, "%s%lld", i ? ", " : "", (long long)dims[i]);
    }
    if (len < size) {
        snprintf(buffer + len, size - len, "]");
    }
    return buffer;
}

void value_matrix(const anet_value *v, size_t *rows, size_t *columns) {
    *columns = v->rank ? (size_t)v->dims[v->rank - 1] : 1;
    *rows = value_elements(v) / *columns;
}

void step_matrix(const anet_model *m, const anet_step *step, int arg, size_t *rows,
                 size_t *columns) {
    const anet_value *v = &m->values[step->args[arg]];
    value_matrix(v, rows, columns);
    if (arg < 2 && step->columns[arg]) {
        *columns = (size_t)step->columns[arg];
        *rows = value_elements(v) / *columns;
    }
}

static void rope_fill(const anet_value *v, float *out) {
    size_t half = (size_t)v->dims[0], length = (size_t)v->dims[1];
    for (size_t i = 0; i < half; i++) {
        double frequency = pow(v->a, -(double)i / (double)half);
        for (size_t s = 0; s < length; s++) {
            double angle = (double)s * frequency;
            out[i * length + s] =
                (float)(v->table == ANET_TABLE_ROPE_COS ? cos(angle) : sin(angle));
        }
    }
}

static void mask_fill(const anet_value *v, float *out) {
    size_t rows = (size_t)v->dims[0], columns = (size_t)v->dims[1];
    for (size_t s = 0; s < rows; s++) {
        for (size_t t = 0; t < columns; t++) {
            out[s * columns + t] = t <= s ? 0.0F : -65504.0F;
        }
    }
}

void table_fill(const anet_value *v, float *out) {
    if (v->table == ANET_TABLE_CAUSAL_MASK) {
        mask_fill(v, out);
    } else {
        rope_fill(v, out);
    }
}

bool step_has_trained_constants(const anet_model *m, const anet_step *step) {
    const anet_kernel *k = step->op == ANET_STEP_EVAL ? &m->kernels[step->kernel] : NULL;
    for (int i = 0; k && k->feeds && i < k->n_in; i++) {
        const anet_value *v = &m->values[step->args[i]];
        if (k->feeds[i].blob && param_is_trained(&m->params[v->index])) {
            return true;
        }
    }
    return false;
}

bool model_has_trained_constants(const anet_model *m) {
    for (int i = 0; i < m->n_steps; i++) {
        if (step_has_trained_constants(m, &m->steps[i])) {
            return true;
        }
    }
    return false;
}

const anet_config *model_config(const anet_model *m, const char *name) {
    for (int i = 0; i < m->n_config; i++) {
        if (strcmp(m->config[i].name, name) == 0) {
            return &m->config[i];
        }
    }
    return NULL;
}

int model_param(const anet_model *m, const char *name) {
    for (int i = 0; i < m->n_params; i++) {
        if (strcmp(m->params[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

/* --- the check --- */

static anet_code check_shape(const char *what, const char *name, int rank, const int64_t *dims,
                             anet_error *err) {
    if (rank < 0 || rank > ANET_MAX_RANK) {
        return anet_fail(err, ANET_INTERNAL, "internal error: %s '%s' has rank %d", what, name,
                         rank);
    }
    size_t n = 1, limit = SIZE_MAX / sizeof(double) / 2;
    for (int i = 0; i < rank; i++) {
        if (dims[i] <= 0 || (uint64_t)dims[i] > limit / n) {
            char shape[160];
            return anet_fail(err, ANET_INTERNAL, "internal error: %s '%s' has impossible shape %s",
                             what, name, shape_text(rank, dims, shape, sizeof shape));
        }
        n *= (size_t)dims[i];
    }
    return ANET_OK;
}

static bool table_is_valid(const anet_value *v) {
    return v->rank == 2 && v->table >= ANET_TABLE_ROPE_COS && v->table <= ANET_TABLE_CAUSAL_MASK;
}

/* what a value refers to must exist and have its size */
static bool value_is_backed(const anet_model *m, const anet_value *v) {
    size_t n = value_elements(v);
    switch (v->kind) {
    case ANET_VALUE_TEMP:
        return v->index >= 0 && v->index < m->n_slots && n <= m->slots[v->index];
    case ANET_VALUE_PARAM:
        return v->index >= 0 && v->index < m->n_params && n == param_elements(&m->params[v->index]);
    case ANET_VALUE_INPUT:
        return v->index >= 0 && v->index < m->n_inputs && n == (size_t)m->inputs[v->index].length;
    case ANET_VALUE_TARGET:
        return v->index >= 0 && v->index < m->n_targets && n == (size_t)m->targets[v->index].length;
    case ANET_VALUE_TABLE:
        return v->index >= 0 && v->index < m->n_values && table_is_valid(v);
    case ANET_VALUE_SEED:
        return n == 1;
    }
    return false;
}

static anet_code check_tokens(const anet_token_input *at, int n, anet_error *err) {
    for (int i = 0; i < n; i++) {
        if (at[i].length <= 0 || at[i].length > INT32_MAX || at[i].vocab <= 0) {
            return anet_fail(err, ANET_INTERNAL,
                             "internal error: token input '%s' has no length or vocab", at[i].name);
        }
    }
    return ANET_OK;
}

static anet_code check_values(const anet_model *m, anet_error *err) {
    for (int i = 0; i < m->n_params; i++) {
        const anet_param *p = &m->params[i];
        if (check_shape("parameter", p->name, p->rank, p->dims, err)) {
            return err->code;
        }
    }
    for (int i = 0; i < m->n_values; i++) {
        const anet_value *v = &m->values[i];
        if (check_shape("value", v->name, v->rank, v->dims, err)) {
            return err->code;
        }
        if (!value_is_backed(m, v)) {
            return anet_fail(err, ANET_INTERNAL,
                             "internal error: value '%s' does not fit what it refers to", v->name);
        }
    }
    return ANET_OK;
}

static bool role_fits(const anet_value *v, anet_role role) {
    bool ids = v->kind == ANET_VALUE_INPUT || v->kind == ANET_VALUE_TARGET;
    return role == ANET_ROLE_IDS     ? ids
           : role == ANET_ROLE_PARAM ? v->kind == ANET_VALUE_PARAM && v->rank == 2
           : role == ANET_ROLE_WRITE ? v->kind == ANET_VALUE_TEMP
                                     : role == ANET_ROLE_READ;
}

static int64_t ids_vocab(const anet_model *m, const anet_value *ids) {
    return (ids->kind == ANET_VALUE_INPUT ? m->inputs : m->targets)[ids->index].vocab;
}

/* The last of n elements must lie in the port or constant. */
static bool feed_fits(const anet_kernel *k, const anet_feed *f, const anet_value *v) {
    const anet_region *at = &f->region;
    size_t n = value_elements(v), last = n - 1;
    bool somewhere = f->blob ? v->kind == ANET_VALUE_PARAM : f->port >= 0 && f->port < k->n_ports;
    if (!somewhere || at->width == 0 || at->offset >= f->elements) {
        return false;
    }
    size_t room = f->elements - 1 - at->offset, rows = last / at->width;
    size_t column = rows ? at->width - 1 : last;
    return column <= room && (rows == 0 || at->stride <= (room - column) / rows);
}

static bool is_fed(const anet_kernel *k, int port) {
    for (int i = 0; i < k->n_in; i++) {
        if (!k->feeds[i].blob && k->feeds[i].port == port) {
            return true;
        }
    }
    return false;
}

/* CPU kernels have none. */
static bool feeds_fit(const anet_model *m, const anet_step *step) {
    const anet_kernel *k = &m->kernels[step->kernel];
    bool fit = !k->feeds || k->place == ANET_PLACE_ANE;
    for (int i = 0; k->feeds && fit && i < k->n_in; i++) {
        fit = feed_fits(k, &k->feeds[i], &m->values[step->args[i]]);
    }
    for (int i = 0; k->feeds && fit && i < k->n_ports; i++) {
        fit = is_fed(k, i);
    }
    return fit;
}

/* Sizes of the arguments of CPU steps; roles are right already. Ids are below the vocab of their
 * input, so a table with at least that many rows is safe to index. */
static bool sizes_fit(const anet_model *m, const anet_step *step) {
    const anet_value *v[MAX_CPU_ARGS] = {0};
    size_t n[MAX_CPU_ARGS] = {0}, rows[MAX_CPU_ARGS] = {0}, columns[MAX_CPU_ARGS] = {0};
    for (int i = 0; i < step->n_args && i < MAX_CPU_ARGS; i++) {
        v[i] = &m->values[step->args[i]];
        n[i] = value_elements(v[i]);
        step_matrix(m, step, i, &rows[i], &columns[i]);
        if (rows[i] * columns[i] != n[i]) {
            return false;
        }
    }
    size_t param = step_is_gradient(step->op) ? param_elements(&m->params[step->param]) : 0;
    size_t inner_a = step->transpose_a ? rows[0] : columns[0];
    size_t inner_b = step->transpose_b ? columns[1] : rows[1];
    switch (step->op) {
    case ANET_STEP_EVAL:
        return feeds_fit(m, step); /* the runner compares with the ports */
    case ANET_STEP_GATHER:
        return n[2] == columns[0] * n[1] && ids_vocab(m, v[1]) <= v[0]->dims[0];
    case ANET_STEP_GATHER_GRAD:
        return m->params[step->param].rank == 2 && columns[1] == n[0] &&
               (size_t)m->params[step->param].dims[1] == rows[1] &&
               ids_vocab(m, v[0]) <= m->params[step->param].dims[0];
    case ANET_STEP_LOSS:
        return columns[0] == n[1] && n[2] == 1 && ids_vocab(m, v[1]) <= (int64_t)rows[0];
    case ANET_STEP_LOSS_GRAD:
        return columns[0] == n[1] && n[2] == 1 && n[3] == n[0] &&
               ids_vocab(m, v[1]) <= (int64_t)rows[0];
    case ANET_STEP_GRAD_MATMUL:
        return inner_a == inner_b && n[0] / inner_a <= INT32_MAX && n[1] / inner_b <= INT32_MAX &&
               inner_a <= INT32_MAX && param == n[0] / inner_a * (n[1] / inner_b);
    case ANET_STEP_GRAD_ADD:
        return n[0] == param;
    }
    return false;
}

static int wanted_args(const anet_model *m, const anet_step *step) {
    if (step->op == ANET_STEP_EVAL) {
        return m->kernels[step->kernel].n_in + m->kernels[step->kernel].n_out;
    }
    int n = 0;
    while (n < MAX_CPU_ARGS && forms[step->op].roles[n] != ANET_ROLE_NONE) {
        n++;
    }
    return n;
}

static bool step_is_sound(const anet_model *m, const anet_step *step) {
    if ((int)step->op < 0 || (int)step->op >= STEP_OPS) {
        return false;
    }
    if (step->op == ANET_STEP_EVAL && (step->kernel < 0 || step->kernel >= m->n_kernels)) {
        return false;
    }
    if (step_is_gradient(step->op) && (step->param < 0 || step->param >= m->n_params ||
                                       !param_is_trained(&m->params[step->param]))) {
        return false;
    }
    if (step->n_args != wanted_args(m, step) || step->columns[0] < 0 || step->columns[1] < 0) {
        return false;
    }
    for (int i = 0; i < step->n_args; i++) {
        if (step->args[i] < 0 || step->args[i] >= m->n_values ||
            !role_fits(&m->values[step->args[i]], step_role(m, step, i))) {
            return false;
        }
    }
    return sizes_fit(m, step);
}

anet_code model_check(const anet_model *m, anet_error *err) {
    if (m->abi_version != ANET_ABI_VERSION) {
        return anet_fail(
            err, ANET_INTERNAL,
            "this program was generated for version %d of libanet's interface, but is linked "
            "with version %d: compile the model again",
            m->abi_version, ANET_ABI_VERSION);
    }
    if (m->n_forward < 0 || m->n_forward > m->n_steps || m->logits >= m->n_values ||
        m->loss >= m->n_values) {
        return anet_fail(err, ANET_INTERNAL, "internal error: model '%s' has a broken schedule",
                         m->name);
    }
    if (check_tokens(m->inputs, m->n_inputs, err) || check_tokens(m->targets, m->n_targets, err) ||
        check_values(m, err)) {
        return err->code;
    }
    for (int i = 0; i < m->n_steps; i++) {
        if (!step_is_sound(m, &m->steps[i])) {
            const char *comment = m->steps[i].comment;
            return anet_fail(err, ANET_INTERNAL,
                             "internal error: step %d (%s) of model '%s' is broken", i,
                             comment ? comment : "?", m->name);
        }
    }
    return ANET_OK;
}
