/* json.h: reads one JSON document (safetensors headers, tokenizer.json) into a tree.
 *
 * Ours, because every program that anetc writes would otherwise have to link a JSON library for the
 * few hundred lines it needs. Strict RFC 8259: valid UTF-8 only, no duplicate keys, nothing after
 * the document, at most JSON_MAX_DEPTH nested arrays and objects. Time is O(n log n). */
#ifndef ANET_JSON_H
#define ANET_JSON_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

enum { JSON_MAX_DEPTH = 64 };

typedef enum json_kind {
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
} json_kind;

typedef struct json {
    json_kind kind;
    const char *key; /* of a member of an object, else NULL; NUL terminated */
    size_t key_len;
    size_t at;            /* where its value begins in the source, bytes */
    bool truth;           /* JSON_BOOL */
    double number;        /* JSON_NUMBER; whole numbers below 2^53 are exact */
    const char *text;     /* JSON_STRING: decoded UTF-8, NUL terminated, may hold NULs inside */
    size_t len;           /* bytes of text, or number of items */
    struct json **items;  /* JSON_ARRAY, JSON_OBJECT: in the order of the text */
    struct json **by_key; /* JSON_OBJECT: sorted, for json_get */
    struct json *next;    /* the next item of the same parent */
} json;

/* The tree lives in the arena. `name` stands in front of messages: "name:line:column: ...". */
anet_code json_parse(arena *a, const char *source, size_t n, const char *name, json **root,
                     anet_error *err);

/* the member of an object, or NULL; NULL too when `object` is NULL or no object */
const json *json_get(const json *object, const char *key);

/* true if the node is a whole number of less than 2^53, so an exact one; NULL is none */
bool json_integer(const json *node, int64_t *value);

const char *json_kind_name(json_kind kind); /* "an object" */

/* the line and column, from 1, of a node's value in the source that was parsed */
int json_line(const char *source, const json *node, size_t *column);

#endif
