/* runner_gradients.c: weight gradients, in the background beside the device's kernels. */
#include "base/clock.h"
#include "cpu_steps.h"
#include "host/gemm.h"
#include "runner_parts.h"

typedef struct gradient_job {
    runner *runner;
    anet_step_op op;
    size_t pieces;
    union {
        cpu_gather_grad_job gather;
        gemm matmul;
        cpu_add_grad_job add;
    } u;
} gradient_job;

static void gradient_piece(void *context, size_t piece) {
    const gradient_job *job = context;
    double start = seconds_now();
    if (job->op == ANET_STEP_GRAD_MATMUL) {
        gemm_piece(&job->u.matmul, job->pieces, piece);
    } else if (job->op == ANET_STEP_GATHER_GRAD) {
        cpu_gather_grad_piece(&job->u.gather, piece);
    } else {
        cpu_add_grad_piece(&job->u.add, piece);
    }
    atomic_fetch_add_explicit(&job->runner->background_ns,
                              (uint64_t)(1e9 * (seconds_now() - start)), memory_order_relaxed);
}

static gemm matmul_job(runner *r, const anet_step *step, float *to, bool fresh) {
    size_t rows_a, columns_a, rows_b, columns_b;
    step_matrix(r->model, step, 0, &rows_a, &columns_a);
    step_matrix(r->model, step, 1, &rows_b, &columns_b);
    size_t n = step->transpose_b ? rows_b : columns_b;
    return (gemm){
        .m = step->transpose_a ? columns_a : rows_a,
        .n = n,
        .k = step->transpose_a ? rows_a : columns_a,
        .alpha = 1,
        .beta = fresh ? 0 : 1,
        .a = runner_read(r, step->args[0]),
        .b = runner_read(r, step->args[1]),
        .c = to,
        .lda = columns_a,
        .ldb = columns_b,
        .ldc = n,
        .transpose_a = step->transpose_a != 0,
        .transpose_b = step->transpose_b != 0,
    };
}

/* small ones, so that a worker is soon free for the loops of a kernel */
static size_t matmul_pieces(const gemm *g) {
    const double piece_work = 1e8; /* multiplications: about a millisecond of one core */
    double pieces = (double)g->m * (double)g->n * (double)g->k / piece_work;
    return pieces < 1 ? 1 : pieces > 256 ? 256 : (size_t)pieces;
}

static cpu_gather_grad_job gather_job(runner *r, const anet_step *step, float *to, bool fresh) {
    const anet_param *p = &r->model->params[step->param];
    return (cpu_gather_grad_job){
        .to = to,
        .vocab = (size_t)p->dims[0],
        .width = (size_t)p->dims[1],
        .n = value_elements(&r->model->values[step->args[0]]),
        .ids = runner_ids(r, step->args[0]),
        .dy = runner_read(r, step->args[1]),
        .fresh = fresh,
    };
}

static gradient_job prepare_gradient(runner *r, const anet_step *step) {
    float *to = r->gradients[step->param];
    bool fresh = r->fresh[step->param];
    r->fresh[step->param] = false;
    gradient_job job = {.runner = r, .op = step->op};
    if (step->op == ANET_STEP_GRAD_MATMUL) {
        job.u.matmul = matmul_job(r, step, to, fresh);
        job.pieces = matmul_pieces(&job.u.matmul);
    } else if (step->op == ANET_STEP_GATHER_GRAD) {
        job.u.gather = gather_job(r, step, to, fresh);
        job.pieces = cpu_gather_grad_pieces(&job.u.gather);
    } else {
        job.u.add = (cpu_add_grad_job){to, runner_read(r, step->args[0]),
                                       r->config.weights->count[step->param], fresh};
        job.pieces = cpu_add_grad_pieces(&job.u.add);
    }
    return job;
}

void runner_submit_gradient(runner *r, int index) {
    const anet_step *step = &r->model->steps[index];
    gradient_job job = prepare_gradient(r, step);
    for (int k = 0; k < step->n_args; k++) {
        const anet_value *v = &r->model->values[step->args[k]];
        if (v->kind != ANET_VALUE_PARAM && v->kind != ANET_VALUE_TABLE) {
            vec_push(&runner_place(r, v)->readers, index);
        }
    }
    pool_submit(r->config.device.pool, r->gradients[step->param], job.pieces, gradient_piece, &job,
                sizeof job, &r->pending[index]);
}
