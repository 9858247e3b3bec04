/* machine.h: what is known about the engine of one machine, beyond the text of its programs.
 *
 * The defaults of each family are in machine.def, with their sources. `anetc doctor` measures a
 * machine and writes a report (JSON); the ane device (--profile) and the compiler (--target) read
 * it in place of the defaults. */
#ifndef ANET_MACHINE_H
#define ANET_MACHINE_H

#include "base/status.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* What sizes the surfaces of one request must have (facts: ane-facts section 4, OR2, OR12, MX47).
 */
typedef enum machine_sizes {
    MACHINE_SIZES_ANY,
    MACHINE_SIZES_EQUAL,    /* all inputs alike, and all outputs */
    MACHINE_SIZES_ASCENDING /* inputs in order of slots grow, outputs do not */
} machine_sizes;

/* In what order the engine binds surfaces when the model does not report its own. */
typedef enum machine_order {
    MACHINE_ORDER_NAME,
    MACHINE_ORDER_SIZE /* inputs by rising size, outputs by falling size, then by name */
} machine_order;

typedef struct machine {
    char chip[8];          /* "m4" */
    char architecture[16]; /* "h16g" */
    char os[32], build[32];
    int minor;     /* newest program(1.minor) that it compiles */
    char opset[8]; /* newest opset, "ios18" */
    machine_order order;
    machine_sizes sizes;
    int64_t smallest_surface; /* bytes */
    int64_t row_alignment;    /* bytes that rows of a surface are padded to */
    int64_t compile_limit;    /* compiles of a process before they fail */
    bool several_inputs;      /* programs with more than one input give right results */
    bool runtime_conv_weight; /* conv heeds a weight that is an input */
    bool concat;
    bool slices_saturate; /* a slice with an offset on the last axis does, beyond 4094 */
    bool rounds_even;     /* ties, when a result is stored as half; else away from zero */
    bool patches;         /* a compiled program can be given other constants without a compile */
    double dispatch_us, matmul_tflops, conv_tflops, weight_write_gbps; /* 0: not measured */
} machine;

/* What is known without looking, for an architecture string ("h16g"); that of M4 if it is not
 * known. */
void machine_defaults(const char *architecture, machine *m);
/* A report of `anetc doctor`. Properties that it lacks are those of machine_defaults. */
anet_code machine_read(const char *path, machine *m, anet_error *err);
/* The report's object "properties", to be read back by machine_read. */
void machine_print_json(const machine *m, text *out);
/* The same for people: a line each. */
void machine_print(const machine *m, text *out);

#endif
