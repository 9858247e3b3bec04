/* values.h: are types and literals in order by themselves? Shared by the parts of the checker. */
#ifndef ANET_MIL_VALUES_H
#define ANET_MIL_VALUES_H

#include "mil/findings.h"

typedef struct mil_value_check {
    mil_findings *findings;
    const mil_program *program;
    const mil_op *op;   /* at hand, NULL outside of ops */
    bool spelling_told; /* a program mixes dialects once */
} mil_value_check;

/* can the type be worked with? Without a finding. */
bool mil_is_sound(const mil_type *t);
bool mil_check_type(mil_value_check *c, mil_loc at, const mil_type *t);
bool mil_check_value(mil_value_check *c, mil_loc at, const mil_value *v);

#endif
