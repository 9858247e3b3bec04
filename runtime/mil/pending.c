/* pending.c: goes away as soon as blob.c has these. */
#include "mil/blob.h"
#include "mil/ops.h"
__attribute__((weak)) anet_code mil_blob_value(const anet_blob *files, int n,
                                               const mil_value *value, mil_blob_entry *entry,
                                               anet_error *err) {
    (void)files;
    (void)n;
    (void)value;
    (void)entry;
    return anet_fail(err, ANET_INTERNAL, "stub");
}
__attribute__((weak)) void mil_blob_floats(const mil_blob_entry *e, size_t first, size_t n,
                                           float *to) {
    (void)e;
    (void)first;
    (void)n;
    (void)to;
}
__attribute__((weak)) void mil_blob_ints(const mil_blob_entry *e, size_t first, size_t n,
                                         int32_t *to) {
    (void)e;
    (void)first;
    (void)n;
    (void)to;
}
