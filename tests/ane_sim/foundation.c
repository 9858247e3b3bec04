/* foundation.c: strings, data, numbers, arrays, dictionaries and errors. */
#include "foundation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct text_object {
    sim_object head;
    char *text;
} text_object;

typedef struct data_object {
    sim_object head;
    size_t size;
    unsigned char *bytes;
} data_object;

typedef struct number_object {
    sim_object head;
    int64_t value;
} number_object;

typedef struct list_object { /* array: n objects; dictionary: n keys, then n values */
    sim_object head;
    size_t n;
    const void **objects;
} list_object;

typedef struct error_object {
    sim_object head;
    void *domain, *description;
    long code;
} error_object;

static void text_dealloc(void *self) {
    free(((text_object *)self)->text);
}

static void data_dealloc(void *self) {
    free(((data_object *)self)->bytes);
}

static void release_all(list_object *l, size_t n) {
    for (size_t i = 0; i < n; i++) {
        sim_release(l->objects[i]);
    }
    free(l->objects);
}

static void array_dealloc(void *self) {
    list_object *l = self;
    release_all(l, l->n);
}

static void dictionary_dealloc(void *self) {
    list_object *l = self;
    release_all(l, 2 * l->n);
}

static void error_dealloc(void *self) {
    error_object *e = self;
    sim_release(e->domain);
    sim_release(e->description);
}

/* --- messages --- */

static const char *utf8_string(void *self, SEL s) {
    (void)s;
    return sim_text(self);
}

static const void *array_object_at(void *self, SEL s, unsigned long i) {
    (void)s;
    return sim_at(self, i);
}

static unsigned long array_count(void *self, SEL s) {
    (void)s;
    return sim_count_of(self);
}

static long error_code(void *self, SEL s) {
    (void)s;
    return ((error_object *)sim_check(self, &sim_error, "code"))->code;
}

static void *error_domain(void *self, SEL s) {
    (void)s;
    return ((error_object *)sim_check(self, &sim_error, "domain"))->domain;
}

static void *error_description(void *self, SEL s) {
    (void)s;
    return ((error_object *)sim_check(self, &sim_error, "description"))->description;
}

/* as NSLog shows it */
static void *error_in_full(void *self, SEL s) {
    const error_object *e = sim_check(self, &sim_error, s);
    char whole[2000];
    snprintf(whole, sizeof whole,
             "Error Domain=%s Code=%ld \"%s\" UserInfo={NSLocalizedDescription=%s}",
             sim_text(e->domain), e->code, sim_text(e->description), sim_text(e->description));
    return sim_autorelease(sim_string_new(whole));
}

/* Keys only, on lines of their own as in the full form. */
static void *dictionary_in_full(void *self, SEL s) {
    const list_object *d = sim_check(self, &sim_dictionary, s);
    char whole[2000] = "{\n";
    size_t n = strlen(whole);
    for (size_t i = 0; i < d->n && n < sizeof whole; i++) {
        n += (size_t)snprintf(whole + n, sizeof whole - n, "    %s;\n", sim_text(d->objects[i]));
    }
    if (n < sizeof whole) {
        snprintf(whole + n, sizeof whole - n, "}");
    }
    return sim_autorelease(sim_string_new(whole));
}

static const sim_method string_methods[] = {SIM_METHOD("UTF8String", utf8_string), SIM_END};
static const sim_method array_methods[] = {SIM_METHOD("count", array_count),
                                           SIM_METHOD("objectAtIndex:", array_object_at), SIM_END};
static const sim_method dictionary_methods[] = {SIM_METHOD("description", dictionary_in_full),
                                                SIM_END};
static const sim_method error_methods[] = {SIM_METHOD("code", error_code),
                                           SIM_METHOD("domain", error_domain),
                                           SIM_METHOD("localizedDescription", error_description),
                                           SIM_METHOD("description", error_in_full), SIM_END};

const sim_class sim_string = {&sim_string,  "NSString",     sizeof(text_object),
                              text_dealloc, string_methods, NULL};
const sim_class sim_data = {&sim_data, "NSData", sizeof(data_object), data_dealloc, NULL, NULL};
const sim_class sim_number = {&sim_number, "NSNumber", sizeof(number_object), NULL, NULL, NULL};
const sim_class sim_array = {&sim_array,    "NSArray",     sizeof(list_object),
                             array_dealloc, array_methods, NULL};
const sim_class sim_dictionary = {&sim_dictionary,    "NSDictionary",     sizeof(list_object),
                                  dictionary_dealloc, dictionary_methods, NULL};
const sim_class sim_error = {&sim_error,    "NSError",     sizeof(error_object),
                             error_dealloc, error_methods, NULL};

__attribute__((constructor)) static void register_classes(void) {
    const sim_class *const classes[] = {&sim_string, &sim_data,       &sim_number,
                                        &sim_array,  &sim_dictionary, &sim_error};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        sim_register(classes[i]);
    }
}

/* --- making --- */

static void *copy_of(const void *from, size_t size) {
    void *to = malloc(size ? size : 1);
    if (!to) {
        sim_fatal("no memory");
    }
    memcpy(to, from, size);
    return to;
}

void *sim_string_new(const char *text) {
    text_object *o = sim_new(&sim_string);
    o->text = copy_of(text, strlen(text) + 1);
    return o;
}

void *sim_data_new(const void *bytes, size_t size) {
    data_object *o = sim_new(&sim_data);
    o->size = size;
    o->bytes = copy_of(bytes, size);
    return o;
}

void *sim_number_new(int64_t value) {
    number_object *o = sim_new(&sim_number);
    o->value = value;
    return o;
}

void *sim_array_new(size_t n, const void *const *objects) {
    list_object *o = sim_new(&sim_array);
    o->n = n;
    o->objects = calloc(n + 1, sizeof *o->objects);
    for (size_t i = 0; i < n; i++) {
        o->objects[i] = sim_retain(objects[i]);
    }
    return o;
}

void *sim_dictionary_new(size_t n, const void *const *keys, const void *const *values) {
    list_object *o = sim_new(&sim_dictionary);
    o->n = n;
    o->objects = calloc(2 * n + 1, sizeof *o->objects);
    for (size_t i = 0; i < n; i++) {
        o->objects[i] = sim_retain(keys[i]);
        o->objects[n + i] = sim_retain(values[i]);
    }
    return o;
}

void *sim_error_new(const char *domain, long code, const char *description) {
    error_object *o = sim_new(&sim_error);
    o->domain = sim_string_new(domain);
    o->description = sim_string_new(description);
    o->code = code;
    return o;
}

/* --- looking --- */

const char *sim_text(const void *string) {
    return ((text_object *)sim_check(string, &sim_string, "string"))->text;
}

const void *sim_bytes(const void *data, size_t *size) {
    const data_object *o = sim_check(data, &sim_data, "data");
    *size = o->size;
    return o->bytes;
}

int64_t sim_integer(const void *number) {
    return ((number_object *)sim_check(number, &sim_number, "number"))->value;
}

size_t sim_count_of(const void *array) {
    return ((list_object *)sim_check(array, &sim_array, "count"))->n;
}

const void *sim_at(const void *array, size_t i) {
    const list_object *o = sim_check(array, &sim_array, "objectAtIndex:");
    if (i >= o->n) {
        sim_fatal("objectAtIndex: %zu of an array of %zu", i, o->n);
    }
    return o->objects[i];
}

size_t sim_pairs(const void *dictionary) {
    return ((list_object *)sim_check(dictionary, &sim_dictionary, "dictionary"))->n;
}

void sim_pair(const void *dictionary, size_t i, const void **key, const void **value) {
    const list_object *o = sim_check(dictionary, &sim_dictionary, "dictionary");
    *key = o->objects[i];
    *value = o->objects[o->n + i];
}

const void *sim_value(const void *dictionary, const char *key) {
    for (size_t i = 0; i < sim_pairs(dictionary); i++) {
        const void *name, *value;
        sim_pair(dictionary, i, &name, &value);
        if (sim_is(name, &sim_string) && strcmp(sim_text(name), key) == 0) {
            return value;
        }
    }
    return NULL;
}
