/* diff_data.h: what constants are, however they are written. */
#ifndef ANET_MIL_DIFF_DATA_H
#define ANET_MIL_DIFF_DATA_H

#include "base/hash.h"
#include "mil/blob.h"

#include <string.h>

static inline uint64_t diff_add_number(uint64_t h, uint64_t x) {
    return hash_add(h, &x, sizeof x);
}

static inline uint64_t diff_add_string(uint64_t h, const char *s) {
    return s ? hash_add(h, s, strlen(s) + 1) : diff_add_number(h, 0);
}

/* Numbers as the type holds them, in place or in the weights; without these (NULL) a value in a
 * weight file is its path and offset. */
uint64_t diff_value_hash(const mil_value *v, const mil_weights *weights);
uint64_t diff_type_hash(const mil_type *t);
/* in any order; the name of an op is no more than a label */
uint64_t diff_attrs_hash(int n, const mil_attr *attr, const mil_weights *weights);

/* n elements from the `first` on; false if they cannot be had as doubles */
bool diff_elements(const mil_value *v, const mil_weights *weights, size_t first, size_t n,
                   double *to);
size_t diff_element_count(const mil_value *v);

#endif
