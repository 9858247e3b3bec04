#include "driver.h"

int main(int argc, char **argv) {
    return anetc(argc, argv);
}
