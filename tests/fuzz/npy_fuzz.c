/* Any bytes as a .npy file; what is read and written again reads the same. */
#include "fuzz.h"

#include "npy.h"

#include <string.h>

/* The words of an array printed as the same type: the same words must come out. */
static void print_again(const npy_array *a, const void *words) {
    text out = {0};
    npy_array again;
    anet_error err = {0};
    npy_print(a->dtype, a->rank, a->dims, words, &out);
    if (npy_parse(out.at, out.len, "again.npy", &again, &err) || again.elements != a->elements ||
        again.dtype != a->dtype || again.rank != a->rank) {
        abort();
    }
    void *same = anet_calloc(a->elements + 1, sizeof(float));
    anet_code code = mil_is_integer(a->dtype) ? npy_ints(&again, "again.npy", same, &err)
                                              : npy_floats(&again, "again.npy", same, &err);
    text_free(&out);
    /* halves change what a NaN is */
    if (code || (a->dtype != MIL_FP16 && memcmp(words, same, a->elements * sizeof(float)) != 0)) {
        abort();
    }
    free(same);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    npy_array a;
    anet_error err = {0};
    if (npy_parse(data, size, "fuzz.npy", &a, &err) == ANET_OK) {
        void *words = anet_calloc(a.elements + 1, sizeof(float));
        anet_error not_whole = {0};
        npy_ints(&a, "fuzz.npy", words, &not_whole);
        anet_code code =
            mil_is_integer(a.dtype) ? not_whole.code : npy_floats(&a, "fuzz.npy", words, &err);
        if (code == ANET_OK) {
            print_again(&a, words);
        }
        free(words);
    }
    return 0;
}
