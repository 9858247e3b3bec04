/* objc.h: Apple's libraries, looked up when the device opens: no header of Apple's is needed to
 * build, and a missing framework is an error with advice.
 *
 * Where they are: below $ANET_FRAMEWORKS, if set (as DYLD_FRAMEWORK_PATH; the tests' stand-in uses
 * it), else where macOS has them. */
#ifndef ANET_ANE_OBJC_H
#define ANET_ANE_OBJC_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef const void *ane_id; /* an object of Objective-C or CoreFoundation; they are the same */
typedef const char *ane_selector;

enum { ANE_UTF8 = 0x08000100, ANE_SINT64 = 4 }; /* kCFStringEncodingUTF8, kCFNumberSInt64Type */

typedef enum ane_library {
#define LIBRARY(id, path) ANE_LIBRARY_##id,
#include "ane/symbols.def"
    ANE_LIBRARIES
} ane_library;

typedef struct ane_api {
    void *library[ANE_LIBRARIES];
#define FUNCTION(library, result, name, arguments) result(*name) arguments;
#define CONSTANT(library, name) ane_id name;
#define ADDRESS(library, name) const void *name;
#include "ane/symbols.def"
    struct {
#define CLASS(id, name) ane_id id;
#include "ane/symbols.def"
    } classes;
    struct {
#define SELECTOR(id, text) ane_selector id;
#include "ane/symbols.def"
    } selectors;
} ane_api;

/* On failure nothing is left open. */
anet_code ane_api_open(ane_api *a, anet_error *err);
void ane_api_close(ane_api *a);

/* --- CoreFoundation in short; what is made is released by the caller --- */
ane_id ane_string(const ane_api *a, const char *s);
ane_id ane_number(const ane_api *a, int64_t x);
ane_id ane_array(const ane_api *a, size_t n, const ane_id *objects); /* retains them */
ane_id ane_dictionary(const ane_api *a, size_t n, const ane_id *keys, const ane_id *values);
void ane_release(const ane_api *a, ane_id object); /* NULL is fine */

/* What a dictionary holds under a name, or NULL; borrowed. */
ane_id ane_get(const ane_api *a, ane_id dictionary, const char *name);
bool ane_get_integer(const ane_api *a, ane_id dictionary, const char *name, int64_t *x);
/* a copy of a string's text; false if it is no string, or if the buffer has only its beginning */
bool ane_text(const ane_api *a, ane_id string, char *to, size_t size);

#endif
