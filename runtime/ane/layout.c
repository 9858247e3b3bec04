/* layout.c: strides of surfaces. Facts: ane-facts sections 1.1 and 4 (OR14). */
#include "ane/layout.h"

#include <string.h>

static const int64_t LARGEST = INT64_C(1) << 40; /* bytes; keeps every product below in range */

/* Are the dims those of the port, but for axes of length 1? */
static bool same_tensor(const anet_port *port, const ane_layout *l) {
    const int64_t axes[] = {l->n, l->c, l->d, l->h, l->w};
    int at = 0;
    for (int i = 0; i < 5; i++) {
        while (at < port->rank && port->dims[at] == 1) {
            at++;
        }
        if (axes[i] != 1 && (at == port->rank || axes[i] != port->dims[at++])) {
            return false;
        }
    }
    while (at < port->rank && port->dims[at] == 1) {
        at++;
    }
    return at == port->rank;
}

typedef struct axis {
    int64_t length, stride;
} axis;

/* Each stride steps over all that is inside; the order of the axes in memory is free (planes lie
 * within a depth on some reports, a depth within a plane on others). */
static bool is_apart(const ane_layout *l, int64_t *end) {
    axis a[] = {
        {l->w, l->element}, {l->h, l->row}, {l->d, l->depth}, {l->c, l->plane}, {l->n, l->batch}};
    int64_t span = l->element;
    *end = l->element;
    for (int done = 0; done < 5; done++) {
        axis *next = NULL;
        for (int i = 0; i < 5; i++) {
            if (a[i].length > 0 && (!next || a[i].stride < next->stride)) {
                next = &a[i];
            }
        }
        bool fits =
            next->stride > 0 && next->stride <= LARGEST && next->length <= LARGEST / next->stride;
        if (!fits || (next->length > 1 && next->stride < span)) {
            return false;
        }
        if (next->length > 1) {
            *end += (next->length - 1) * next->stride;
            span = next->length * next->stride;
        }
        next->length = 0;
    }
    return true;
}

anet_code ane_layout_check(const anet_port *port, ane_layout *l, anet_error *err) {
    int64_t end;
    bool positive = l->n > 0 && l->c > 0 && l->d > 0 && l->h > 0 && l->w > 0;
    if (!positive || !same_tensor(port, l)) {
        return anet_fail(
            err, ANET_FAILED,
            "'%s': the engine reports a tensor of [%lld, %lld, %lld, %lld, %lld] (n, c, d, h, "
            "w), which is not that of the MIL text",
            port->name, (long long)l->n, (long long)l->c, (long long)l->d, (long long)l->h,
            (long long)l->w);
    }
    if (!is_apart(l, &end) || l->row % l->element || l->plane % l->element ||
        l->depth % l->element || l->batch % l->element) {
        return anet_fail(
            err, ANET_FAILED,
            "'%s': the engine reports strides that put elements on each other: row %lld, plane "
            "%lld, depth %lld, batch %lld bytes",
            port->name, (long long)l->row, (long long)l->plane, (long long)l->depth,
            (long long)l->batch);
    }
    int64_t all = l->n * l->batch;
    l->bytes = all > end ? all : end;
    return ANET_OK;
}

bool ane_layout_same(const ane_layout *a, const ane_layout *b) {
    return memcmp(a, b, sizeof *a) == 0; /* nothing but int64_t: no padding */
}

size_t ane_layout_elements(const ane_layout *l) {
    return (size_t)(l->n * l->c * l->d * l->h * l->w);
}
