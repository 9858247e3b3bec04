/* Any bytes as a llama2.c checkpoint, with every array read. */
#include "fuzz.h"

#include "llama2c.h"

static void read_all(arena *a, const llama2c_file *file) {
    for (int i = 0; i < file->layout.n_arrays; i++) {
        const llama2c_array *array = &file->layout.arrays[i];
        float *to = ARENA_ARRAY(a, float, array->elements);
        for (int64_t layer = 0; layer < array->layers; layer++) {
            anet_error err = {0};
            llama2c_read(file, array, layer, to, &err);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    arena *a = arena_new();
    llama2c_file file;
    anet_error err = {0};
    if (llama2c_open(&file, fuzz_file(data, size), &err) == ANET_OK) {
        read_all(a, &file);
        llama2c_close(&file);
    }
    arena_free(a);
    return 0;
}
