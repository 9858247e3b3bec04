/* foundation.h: the few classes of Foundation, and their CoreFoundation names, that pass through
 * the engine's framework. */
#ifndef ANE_SIM_FOUNDATION_H
#define ANE_SIM_FOUNDATION_H

#include "objects.h"

extern const sim_class sim_string, sim_data, sim_number, sim_array, sim_dictionary, sim_error;

/* Each is new (one retain). */
void *sim_string_new(const char *text);
void *sim_data_new(const void *bytes, size_t size);
void *sim_number_new(int64_t value);
void *sim_array_new(size_t n, const void *const *objects);
void *sim_dictionary_new(size_t n, const void *const *keys, const void *const *values);
void *sim_error_new(const char *domain, long code, const char *description);

const char *sim_text(const void *string);
const void *sim_bytes(const void *data, size_t *size);
int64_t sim_integer(const void *number);
size_t sim_count_of(const void *array);
const void *sim_at(const void *array, size_t i);
size_t sim_pairs(const void *dictionary);
void sim_pair(const void *dictionary, size_t i, const void **key, const void **value);
const void *sim_value(const void *dictionary, const char *key); /* NULL if there is none */

#endif
