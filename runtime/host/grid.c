/* grid.c: where images are sampled when they are resized. */
#include "host/grid.h"

#include "host/op_parts.h"

#include <math.h>

anet_code host_read_sampling(planner *p, const mil_op *op, sampling *s) {
    static const char *const names[] = {"DEFAULT",        "STRICT_ALIGN_CORNERS", "ALIGN_CORNERS",
                                        "OFFSET_CORNERS", "UNALIGN_CORNERS",      NULL};
    int choice;
    anet_code code = host_choice(p, op, "sampling_mode", names, SAMPLE_DEFAULT, &choice);
    *s = (sampling)choice;
    return code;
}

static double unbounded(sampling s, double i, double n, double last) {
    switch (s) {
    case SAMPLE_STRICT_ALIGN:
        return n > 1 ? i * last / (n - 1) : 0;
    case SAMPLE_ALIGN:
        return n > 1 ? i * last / (n - 1) : last / 2;
    case SAMPLE_OFFSET:
        return (i + 0.5) * fmax(1, last) / n;
    case SAMPLE_UNALIGN:
        return (i + 0.5) * (last + 1) / n - 0.5;
    case SAMPLE_DEFAULT:
        break;
    }
    return i * (last + 1) / n;
}

double host_grid_point(sampling s, size_t i, size_t n, double last) {
    double at = unbounded(s, (double)i, (double)n, last);
    return last >= 0 ? fmin(fmax(at, 0), last) : at;
}

host_tap host_tap_at(double at, size_t length) {
    double low = floor(at);
    host_tap t = {.low = (size_t)low, .part = (float)(at - low)};
    t.low = t.low < length ? t.low : length - 1;
    t.high = t.low + 1 < length ? t.low + 1 : t.low;
    return t;
}
