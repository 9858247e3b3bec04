/* layout.h: where the elements of a tensor are in a surface of the engine. */
#ifndef ANET_ANE_LAYOUT_H
#define ANET_ANE_LAYOUT_H

#include "device.h"

/* Element (n, c, d, h, w) is at byte n * batch + c * plane + d * depth + h * row + w * element.
 * A packed tensor has its elements in the order n, c, d, h, w. */
typedef struct ane_layout {
    int64_t n, c, d, h, w;
    int64_t batch, plane, depth, row; /* bytes */
    int64_t element;                  /* 2: fp16, 4: fp32 */
    int64_t bytes;                    /* of the surface, see slots.h */
} ane_layout;

/* Takes dims, strides and element as the engine reports them: checks that they hold the port's
 * tensor with no element on another, and fills in the `bytes` that it takes. */
anet_code ane_layout_check(const anet_port *port, ane_layout *l, anet_error *err);

bool ane_layout_same(const ane_layout *a, const ane_layout *b);
size_t ane_layout_elements(const ane_layout *l);

#endif
