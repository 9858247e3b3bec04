/* runner_stats.c: what the device of a runner did. */
#include "runner_parts.h"

const anet_device_stats *runner_stats(const runner *r) {
    return r->config.ops->stats(r->device);
}

const char *runner_architecture(const runner *r) {
    return r->config.ops->architecture(r->device);
}

bool runner_uses_device(const runner *r, int step) {
    const anet_step *s = &r->model->steps[step];
    return s->op == ANET_STEP_EVAL && !runner_on_cpu(r, s);
}
