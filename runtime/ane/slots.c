/* slots.c: see slots.h. Facts: ane-facts section 1.1 and section 4 (OR2-4, OR12, OR13, MX47, PR35).
 */
#include "ane/slots.h"

#include "mil/rules.h"

#include <stdlib.h>
#include <string.h>

enum {
    MULTIPLE = 128,   /* of a surface's bytes (M5) */
    LARGEST = 1 << 30 /* elements of a guessed layout; keeps every product in range */
};

int ane_slots_count(const ane_port *port, int ports) {
    int slots = 0;
    for (int i = 0; i < ports; i++) {
        slots += port[i].slot >= 0;
    }
    return slots;
}

static int64_t round_up(int64_t x, int64_t to) {
    return (x + to - 1) / to * to;
}

/* --- the order and layout that were observed --- */

static ane_layout usual_layout(const machine *m, const anet_port *port) {
    int64_t dims[7];
    memcpy(dims, port->dims, sizeof dims);
    mil_type type = {.kind = MIL_TENSOR, .rank = port->rank, .dims = dims};
    mil_rule_extent e = mil_rule_extents(&type);
    ane_layout l = {.n = e.n, .c = e.c, .d = e.d, .h = e.h, .w = e.w};
    l.element = strcmp(port->dtype, "fp16") == 0 ? 2 : 4;
    l.row = round_up(l.w * l.element, round_up(m->row_alignment, l.element));
    l.plane = l.h * l.row;
    l.depth = l.c * l.plane;
    l.batch = l.d * l.depth;
    return l;
}

typedef struct place {
    const char *name;
    ane_port *port;
} place;

static int by_name(const void *a, const void *b) {
    return strcmp(((const place *)a)->name, ((const place *)b)->name);
}

static int by_rising_size(const void *a, const void *b) {
    int64_t x = ((const place *)a)->port->layout.bytes, y = ((const place *)b)->port->layout.bytes;
    return x != y ? (x > y) - (x < y) : by_name(a, b);
}

static int by_falling_size(const void *a, const void *b) {
    int64_t x = ((const place *)a)->port->layout.bytes, y = ((const place *)b)->port->layout.bytes;
    return x != y ? (x < y) - (x > y) : by_name(a, b);
}

typedef int compare_places(const void *a, const void *b);

static anet_code guess(const machine *m, const anet_port *port, ane_port *bound, int ports,
                       compare_places *by_size, anet_error *err) {
    place *places = anet_calloc((size_t)ports + 1, sizeof *places);
    size_t n = 0;
    for (int i = 0; i < ports && !err->code; i++) {
        if (port[i].elements > LARGEST) {
            anet_fail(err, ANET_FAILED, "'%s' has %zu elements, too many for the engine",
                      port[i].name, port[i].elements);
        } else if (bound[i].read) {
            bound[i].layout = usual_layout(m, &port[i]);
            ane_layout_check(&port[i], &bound[i].layout, err);
            places[n++] = (place){port[i].name, &bound[i]};
        }
    }
    qsort(places, n, sizeof *places, m->order == MACHINE_ORDER_SIZE ? by_size : by_name);
    for (size_t i = 0; i < n; i++) {
        places[i].port->slot = (int)i;
    }
    free(places);
    return err->code;
}

anet_code ane_slots_guess(const machine *m, ane_ports *ports, anet_error *err) {
    anet_code code = guess(m, ports->input, ports->in, ports->inputs, by_rising_size, err);
    return code ? code : guess(m, ports->output, ports->out, ports->outputs, by_falling_size, err);
}

/* --- sizes --- */

static int64_t *size_of_slot(ane_port *port, int ports, int slot) {
    for (int i = 0; i < ports; i++) {
        if (port[i].slot == slot) {
            return &port[i].layout.bytes;
        }
    }
    return NULL; /* slots are numbered without gaps */
}

static void make_equal(ane_port *port, int ports, int slots) {
    int64_t most = 0;
    for (int i = 0; i < slots; i++) {
        int64_t size = *size_of_slot(port, ports, i);
        most = size > most ? size : most;
    }
    for (int i = 0; i < slots; i++) {
        *size_of_slot(port, ports, i) = most;
    }
}

static void make_rise(ane_port *port, int ports, int slots) {
    for (int i = 1; i < slots; i++) {
        int64_t least = *size_of_slot(port, ports, i - 1) + MULTIPLE;
        int64_t *size = size_of_slot(port, ports, i);
        *size = *size > least ? *size : least;
    }
}

static void make_fall(ane_port *port, int ports, int slots) {
    for (int i = slots - 2; i >= 0; i--) {
        int64_t least = *size_of_slot(port, ports, i + 1), *size = size_of_slot(port, ports, i);
        *size = *size > least ? *size : least;
    }
}

static void fit_sizes(const machine *m, ane_port *port, int ports, bool inputs) {
    int slots = ane_slots_count(port, ports);
    for (int i = 0; i < slots; i++) {
        int64_t *size = size_of_slot(port, ports, i);
        *size = round_up(*size > m->smallest_surface ? *size : m->smallest_surface, MULTIPLE);
    }
    if (m->sizes == MACHINE_SIZES_EQUAL) {
        make_equal(port, ports, slots);
    } else if (m->sizes == MACHINE_SIZES_ASCENDING && inputs) {
        make_rise(port, ports, slots);
    } else if (m->sizes == MACHINE_SIZES_ASCENDING) {
        make_fall(port, ports, slots);
    }
}

void ane_slots_fit_sizes(const machine *m, ane_ports *ports) {
    fit_sizes(m, ports->in, ports->inputs, true);
    fit_sizes(m, ports->out, ports->outputs, false);
}
