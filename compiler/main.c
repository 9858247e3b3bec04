/* main.c: the program; everything else of it is linked into tests, too. */
#include "driver.h"

int main(int argc, char **argv) {
    return anetc(argc, argv);
}
