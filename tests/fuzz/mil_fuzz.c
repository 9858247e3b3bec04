/* Any bytes as MIL text: what is read and checked prints as text that reads and prints the same. */
#include "fuzz.h"

#include "mil/mil.h"

#include <string.h>

static void print_again(const text *printed) {
    mil_program *again = NULL;
    anet_error err = {0};
    text twice = {0};
    if (mil_read(printed->at, printed->len, "printed.mil", &again, &err)) {
        abort();
    }
    mil_print(again, &twice);
    if (twice.len != printed->len || memcmp(twice.at, printed->at, twice.len) != 0) {
        abort();
    }
    text_free(&twice);
    mil_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    mil_program *program = NULL;
    anet_error err = {0};
    if (mil_read((const char *)data, size, "fuzz.mil", &program, &err) == ANET_OK) {
        text printed = {0};
        mil_print(program, &printed);
        print_again(&printed);
        text_free(&printed);
        mil_check(program, "fuzz.mil", &err);
    }
    mil_free(program);
    return 0;
}
