/* surfaces.c: IOSurface.framework. */
#include "surfaces.h"

#include "faults.h"
#include "foundation.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef void *IOSurfaceRef;

enum { LOCK_READ_ONLY = 1 };

typedef struct surface {
    sim_object head;
    unsigned char *memory;
    size_t size, mapped;
    int locks, opens;
    bool writable; /* the lock allows writing */
} surface;

static void surface_dealloc(void *self) {
    surface *s = self;
    if (s->locks) {
        sim_fatal("a surface of %zu bytes is released while it is locked", s->size);
    }
    munmap(s->memory, s->mapped);
    sim_count(SIM_SURFACES, -1);
}

const sim_class sim_surface = {&sim_surface,    "IOSurface", sizeof(surface),
                               surface_dealloc, NULL,        NULL};

/* The keys are strings of the process's life, and so not on the books. */
const void *kIOSurfaceWidth, *kIOSurfaceHeight, *kIOSurfaceBytesPerElement, *kIOSurfaceBytesPerRow,
    *kIOSurfaceAllocSize, *kIOSurfacePixelFormat;

static const struct {
    const void **key;
    const char *name;
} keys[] = {{&kIOSurfaceWidth, "IOSurfaceWidth"},
            {&kIOSurfaceHeight, "IOSurfaceHeight"},
            {&kIOSurfaceBytesPerElement, "IOSurfaceBytesPerElement"},
            {&kIOSurfaceBytesPerRow, "IOSurfaceBytesPerRow"},
            {&kIOSurfaceAllocSize, "IOSurfaceAllocSize"},
            {&kIOSurfacePixelFormat, "IOSurfacePixelFormat"}};

enum { KEYS = sizeof keys / sizeof *keys };

__attribute__((constructor)) static void begin(void) {
    sim_register(&sim_surface);
    for (int i = 0; i < KEYS; i++) {
        *keys[i].key = sim_string_new(keys[i].name);
    }
    sim_count(SIM_OBJECTS, -KEYS);
}

static int64_t property(const void *properties, const char *name) {
    const void *value = sim_value(properties, name);
    return value ? sim_integer(value) : -1;
}

IOSurfaceRef IOSurfaceCreate(const void *properties) {
    sim_check_process();
    int64_t size = property(properties, "IOSurfaceAllocSize");
    int64_t width = property(properties, "IOSurfaceWidth"),
            row = property(properties, "IOSurfaceBytesPerRow");
    if (size <= 0 || width <= 0 || row < width || property(properties, "IOSurfaceHeight") < 1 ||
        property(properties, "IOSurfaceBytesPerElement") < 1) {
        return NULL;
    }
    if (sim_fault_now(FAULT_SURFACE)) {
        return NULL;
    }
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    surface *s = sim_new(&sim_surface);
    s->size = (size_t)size;
    s->mapped = (s->size + page - 1) / page * page;
    s->memory = mmap(NULL, s->mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (s->memory == MAP_FAILED) {
        sim_fatal("no memory for a surface of %zu bytes", s->size);
    }
    sim_count(SIM_SURFACES, 1);
    return s;
}

static void protect(surface *s) {
    int access = s->opens || (s->locks && s->writable) ? PROT_READ | PROT_WRITE
                 : s->locks                            ? PROT_READ
                                                       : PROT_NONE;
    if (mprotect(s->memory, s->mapped, access)) {
        sim_fatal("cannot protect a surface");
    }
}

int IOSurfaceLock(IOSurfaceRef ref, uint32_t options, uint32_t *seed) {
    surface *s = sim_check(ref, &sim_surface, "IOSurfaceLock");
    if (options & ~(uint32_t)LOCK_READ_ONLY || s->locks) {
        sim_fatal("IOSurfaceLock: options %u, already %d locks", options, s->locks);
    }
    s->locks++;
    s->writable = !(options & LOCK_READ_ONLY);
    protect(s);
    if (seed) {
        *seed = 0;
    }
    sim_count(SIM_LOCKS, 1);
    return 0;
}

int IOSurfaceUnlock(IOSurfaceRef ref, uint32_t options, uint32_t *seed) {
    surface *s = sim_check(ref, &sim_surface, "IOSurfaceUnlock");
    if (!s->locks || s->writable == ((options & LOCK_READ_ONLY) != 0)) {
        sim_fatal("IOSurfaceUnlock: not locked, or locked with other options");
    }
    s->locks--;
    protect(s);
    if (seed) {
        *seed = 0;
    }
    sim_count(SIM_LOCKS, -1);
    return 0;
}

void *IOSurfaceGetBaseAddress(IOSurfaceRef ref) {
    return ((surface *)sim_check(ref, &sim_surface, "IOSurfaceGetBaseAddress"))->memory;
}

size_t IOSurfaceGetAllocSize(IOSurfaceRef ref) {
    return sim_surface_size(ref);
}

size_t sim_surface_size(const void *ref) {
    return ((surface *)sim_check(ref, &sim_surface, "surface size"))->size;
}

bool sim_surface_locked(const void *ref) {
    return ((surface *)sim_check(ref, &sim_surface, "surface"))->locks > 0;
}

unsigned char *sim_surface_open(const void *ref) {
    surface *s = sim_check(ref, &sim_surface, "surface");
    s->opens++;
    protect(s);
    return s->memory;
}

void sim_surface_close(const void *ref) {
    surface *s = sim_check(ref, &sim_surface, "surface");
    s->opens--;
    protect(s);
}
