/* Any bytes as a report of `anetc doctor`: what is read, reads back the same. */
#include "fuzz.h"

#include "machine.h"

#include <stdlib.h>
#include <string.h>

static void read_back(const machine *m) {
    text report = {0}, again = {0};
    machine back;
    anet_error err = {0};
    text_puts(&report, "{\"properties\": ");
    machine_print_json(m, &report);
    text_puts(&report, "}");
    if (machine_read(fuzz_file((const uint8_t *)report.at, report.len), &back, &err)) {
        abort();
    }
    text_puts(&again, "{\"properties\": ");
    machine_print_json(&back, &again);
    text_puts(&again, "}");
    if (strcmp(report.at, again.at) != 0) {
        abort();
    }
    text_free(&report);
    text_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    machine m;
    anet_error err = {0};
    if (machine_read(fuzz_file(data, size), &m, &err) == ANET_OK) {
        read_back(&m);
    } else if (!err.message[0]) {
        abort();
    }
    return 0;
}
