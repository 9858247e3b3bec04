/* layout.h: where the elements of a port lie in its surface. */
#ifndef ANE_SIM_LAYOUT_H
#define ANE_SIM_LAYOUT_H

#include "device.h"
#include "mil/mil.h"

typedef struct sim_layout {
    mil_dtype dtype;
    int64_t n, d, c, h, w;
    size_t element, row, plane, depth, batch; /* strides in bytes */
    size_t bytes;
} sim_layout;

/* Rows begin at multiples of 64 bytes, or of ANE_SIM_ROW. */
sim_layout sim_layout_of(const anet_port *port);

/* Between a surface's bytes and the packed words of the host device (host/words.h); integers as
 * int32, everything else as float. */
void sim_unpack(const sim_layout *l, const unsigned char *surface, float *words);
/* The bytes between the rows are filled with 0x7E: who reads them sees NaN. */
void sim_pack(const sim_layout *l, const float *words, unsigned char *surface);

#endif
