/* system.c: the machine apart from its engine. Nothing here names its owner: no host name, no
 * serial number. */
#include "doctor/doctor.h"

#include <stdio.h>
#include <sys/utsname.h>
#ifdef __APPLE__
#include <sys/sysctl.h>
#endif

/* A string that the kernel keeps under this name; "" where there is no such thing. */
static void kernel_string(const char *name, char *to, size_t size) {
    to[0] = 0;
#ifdef __APPLE__
    size_t n = size;
    if (sysctlbyname(name, to, &n, NULL, 0) || n == 0) {
        to[0] = 0;
    }
    to[size - 1] = 0;
#else
    (void)name;
    (void)size;
#endif
}

void doctor_system_read(doctor_system *s) {
    struct utsname u;
    *s = (doctor_system){"unknown", "", "", ""};
    if (uname(&u) == 0) {
        snprintf(s->name, sizeof s->name, "%.63s", u.sysname);
        snprintf(s->release, sizeof s->release, "%.63s", u.release);
        snprintf(s->hardware, sizeof s->hardware, "%.63s", u.machine);
    }
    kernel_string("machdep.cpu.brand_string", s->processor, sizeof s->processor);
}

void doctor_os(char *to, size_t size) {
    char version[24];
    struct utsname u;
    kernel_string("kern.osproductversion", version, sizeof version);
    if (version[0]) {
        snprintf(to, size, "macOS %s", version);
    } else if (uname(&u) == 0) {
        snprintf(to, size, "%.31s", u.sysname);
    }
}

void doctor_build(char *to, size_t size) {
    kernel_string("kern.osversion", to, size);
}
