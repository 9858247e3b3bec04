/* Any bytes as a safetensors file, with everything read that it says it has. */
#include "fuzz.h"

#include "safetensors.h"

static void read_all(arena *a, const safetensors *st) {
    for (size_t i = 0; i < st->n_tensors; i++) {
        const st_tensor *t = &st->tensors[i];
        anet_error err = {0};
        if (st_find(st, t->name) != t) {
            abort();
        }
        st_read_f32(st, t, ARENA_ARRAY(a, float, t->elements), &err);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    arena *a = arena_new();
    safetensors *st = NULL;
    anet_error err = {0};
    if (st_open(a, fuzz_file(data, size), &st, &err) == ANET_OK) {
        read_all(a, st);
    }
    st_close(st);
    arena_free(a);
    return 0;
}
