/* core_foundation.c: CoreFoundation's functions on the same objects. */
#include "folder.h"
#include "foundation.h"

#include <string.h>

typedef const void *CFTypeRef;
typedef long CFIndex;
typedef unsigned char Boolean;

enum { UTF8 = 0x08000100, SINT32 = 3, SINT64 = 4, NSINTEGER = 17, FLOAT64 = 6 };

/* callers pass their addresses only */
const char kCFTypeArrayCallBacks[40], kCFTypeDictionaryKeyCallBacks[48];
const char kCFTypeDictionaryValueCallBacks[40];

CFTypeRef CFRetain(CFTypeRef object) {
    return sim_retain(object);
}

void CFRelease(CFTypeRef object) {
    sim_check(object, NULL, "CFRelease"); /* of NULL crashes on a Mac, too */
    sim_release(object);
}

/* a type is its class's address */
unsigned long CFGetTypeID(CFTypeRef object) {
    return (unsigned long)(uintptr_t)((const sim_object *)sim_check(object, NULL, "CFGetTypeID"))
        ->isa;
}
unsigned long CFStringGetTypeID(void) {
    return (unsigned long)(uintptr_t)&sim_string;
}
unsigned long CFNumberGetTypeID(void) {
    return (unsigned long)(uintptr_t)&sim_number;
}
unsigned long CFArrayGetTypeID(void) {
    return (unsigned long)(uintptr_t)&sim_array;
}
unsigned long CFDictionaryGetTypeID(void) {
    return (unsigned long)(uintptr_t)&sim_dictionary;
}
unsigned long CFDataGetTypeID(void) {
    return (unsigned long)(uintptr_t)&sim_data;
}

CFTypeRef CFStringCreateWithCString(CFTypeRef allocator, const char *text, unsigned encoding) {
    if (allocator || encoding != UTF8) {
        sim_fatal("CFStringCreateWithCString: only UTF-8 and the default allocator");
    }
    return sim_string_new(text);
}

/* in units of UTF-16 */
CFIndex CFStringGetLength(CFTypeRef string) {
    CFIndex n = 0;
    for (const unsigned char *s = (const unsigned char *)sim_text(string); *s; s++) {
        n += (*s & 0xC0) == 0x80 ? 0 : *s >= 0xF0 ? 2 : 1;
    }
    return n;
}

/* what does not fit is not begun */
Boolean CFStringGetCString(CFTypeRef string, char *to, CFIndex size, unsigned encoding) {
    const char *text = sim_text(string);
    if (encoding != UTF8 || size <= 0 || strlen(text) >= (size_t)size) {
        if (size > 0) {
            to[0] = 0;
        }
        return 0;
    }
    memcpy(to, text, strlen(text) + 1);
    return 1;
}

CFTypeRef CFDataCreate(CFTypeRef allocator, const unsigned char *bytes, CFIndex size) {
    if (allocator || size < 0) {
        sim_fatal("CFDataCreate: a bad allocator or size");
    }
    return sim_data_new(bytes, (size_t)size);
}

CFTypeRef CFNumberCreate(CFTypeRef allocator, CFIndex type, const void *value) {
    if (allocator || (type != SINT32 && type != SINT64 && type != NSINTEGER)) {
        sim_fatal("CFNumberCreate: a bad allocator or type %ld", type);
    }
    return sim_number_new(type == SINT32 ? *(const int32_t *)value : *(const int64_t *)value);
}

Boolean CFNumberGetValue(CFTypeRef number, CFIndex type, void *value) {
    int64_t x = sim_integer(number);
    switch (type) {
    case SINT32:
        *(int32_t *)value = (int32_t)x;
        return x >= INT32_MIN && x <= INT32_MAX;
    case FLOAT64:
        *(double *)value = (double)x;
        return 1;
    case SINT64:
    case NSINTEGER:
        *(int64_t *)value = x;
        return 1;
    default:
        sim_fatal("CFNumberGetValue: type %ld", type);
    }
}

CFTypeRef CFArrayCreate(CFTypeRef allocator, const void **values, CFIndex n,
                        const void *callbacks) {
    if (allocator || callbacks != kCFTypeArrayCallBacks || n < 0) {
        sim_fatal("CFArrayCreate: without kCFTypeArrayCallBacks nothing is retained");
    }
    return sim_array_new((size_t)n, values);
}

CFIndex CFArrayGetCount(CFTypeRef array) {
    return (CFIndex)sim_count_of(array);
}

CFTypeRef CFArrayGetValueAtIndex(CFTypeRef array, CFIndex i) {
    return sim_at(array, (size_t)i);
}

CFTypeRef CFDictionaryCreate(CFTypeRef allocator, const void **keys, const void **values, CFIndex n,
                             const void *key_callbacks, const void *value_callbacks) {
    if (allocator || n < 0 || key_callbacks != kCFTypeDictionaryKeyCallBacks ||
        value_callbacks != kCFTypeDictionaryValueCallBacks) {
        sim_fatal("CFDictionaryCreate: without the CFType callbacks nothing is retained");
    }
    return sim_dictionary_new((size_t)n, keys, values);
}

CFTypeRef CFDictionaryGetValue(CFTypeRef dictionary, CFTypeRef key) {
    return sim_value(dictionary, sim_text(key));
}

/* of Foundation */
CFTypeRef NSTemporaryDirectory(void) {
    return sim_autorelease(sim_string_new(sim_temporary_folder()));
}
