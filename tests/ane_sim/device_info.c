/* device_info.c: _ANEDeviceInfo: which machine this is. */
#include "chip.h"
#include "faults.h"
#include "foundation.h"

enum { CORES = 16 };

static bool has_ane(void *self, SEL s) {
    (void)self;
    (void)s;
    return sim_setting("ANE_SIM_HAS_ANE", 1) != 0;
}

static void *architecture(void *self, SEL s) {
    (void)self;
    (void)s;
    return sim_autorelease(sim_string_new(sim_chip_now()->architecture));
}

static void *build_version(void *self, SEL s) {
    (void)self;
    (void)s;
    return sim_autorelease(sim_string_new(sim_os_build()));
}

static unsigned cores(void *self, SEL s) {
    (void)self;
    (void)s;
    return CORES;
}

static const sim_method statics[] = {
    SIM_METHOD("hasANE", has_ane), SIM_METHOD("aneArchitectureType", architecture),
    SIM_METHOD("buildVersion", build_version), SIM_METHOD("numANECores", cores), SIM_END};
static const sim_class device_info = {&device_info, "_ANEDeviceInfo", sizeof(sim_object), NULL,
                                      NULL,         statics};

__attribute__((constructor)) static void register_class(void) {
    sim_register(&device_info);
}
