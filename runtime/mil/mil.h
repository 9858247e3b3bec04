/* mil.h: a MIL program in memory, its reader, its printer and its checker.
 *
 * The one model of MIL that the compiler writes through and the host device reads through. The
 * grammar is that of Apple's text form (facts: mil-text, mil-ops); both spellings of scalars
 * (program(1.0) and program(1.3)) read to the same types: a rank-0 tensor is a scalar. Everything
 * belongs to the program's arena. Programs are trees of plain structs: build one by filling them
 * in, or with the mil_* builders. Names are shared between the places that mention them: replace a
 * name, never write into it. */
#ifndef ANET_MIL_H
#define ANET_MIL_H

#include "base/arena.h"
#include "base/status.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum mil_dtype {
    MIL_NONE,
#define MIL_DTYPE(ID, text, bits, blob_code) MIL_##ID,
#include "mil/dtypes.def"
    MIL_DTYPE_COUNT
} mil_dtype;

const char *mil_dtype_name(mil_dtype t);                    /* "fp16" */
int mil_dtype_bits(mil_dtype t);                            /* 16; 0 for string */
mil_dtype mil_dtype_named(const char *name, size_t length); /* MIL_NONE if there is none */
bool mil_is_float(mil_dtype t);
bool mil_is_integer(mil_dtype t); /* not bool */
bool mil_is_signed(mil_dtype t);  /* an integer type with a sign */

typedef enum mil_type_kind {
    MIL_TENSOR,
    MIL_LIST,
    MIL_TUPLE,
    MIL_DICT,
    MIL_STATE,
    MIL_BUFFER
} mil_type_kind;

enum {
    MIL_ANY_DIM = -1,  /* `?` */
    MIL_MAX_RANK = 16, /* more is refused by the reader (Core ML itself stops at 5) */
    MIL_MAX_NESTING = 200
};

typedef enum mil_spelling { /* how a scalar type was written; does not matter otherwise */
                            MIL_SPELT_ANY,
                            MIL_SPELT_SHORT, /* `fp16`, as in program(1.3) */
                            MIL_SPELT_LONG   /* `tensor<fp16, []>`, as in program(1.0) */
} mil_spelling;

typedef struct mil_type {
    mil_type_kind kind;
    mil_dtype dtype;    /* MIL_TENSOR, MIL_BUFFER */
    int rank;           /* MIL_TENSOR; 0 is a scalar */
    mil_spelling spelt; /* what was read; printing follows the program's version */
    int64_t *dims;      /* rank of them; MIL_ANY_DIM when not static */
    int parts;          /* LIST, STATE 1; DICT 2; TUPLE any */
    struct mil_type *part;
    int64_t length;             /* LIST */
    struct mil_attr *buffer_at; /* MIL_BUFFER: shape, strides, ... */
    int buffer_ats;
} mil_type;

typedef enum mil_literal_kind {
    MIL_NUMBERS, /* numbers or booleans of a tensor, row-major, in `numbers` */
    MIL_STRINGS, /* strings of a tensor or list, in `strings` */
    MIL_ITEMS,   /* tuple, list of non-strings, dict (key, value, key, value ...), in `items` */
    MIL_BLOB     /* BLOBFILE(path, offset) */
} mil_literal_kind;

/* `type(literal)`. Numbers are kept as double, which holds every float dtype and int32 exactly;
 * int64 and uint64 beyond 2^53 are kept in `integers` instead. Values are NOT rounded to the
 * declared dtype. */
typedef struct mil_value {
    mil_type type;
    mil_literal_kind kind;
    bool typed; /* written with its type in front */
    bool flat;  /* read from one flat list though its rank is higher */
    size_t count;
    double *numbers;
    int64_t *integers; /* same count, or NULL */
    char **strings;
    struct mil_value *items;
    char *blob_path; /* "@model_path/weights/weight.bin" */
    uint64_t blob_offset;
} mil_value;

typedef struct mil_loc {
    int line, column; /* from 1; 0 when built in memory */
} mil_loc;

typedef struct mil_attr {
    char *name;
    mil_value value;
} mil_attr;

/* An argument is a reference to a name, a literal, or a tuple of these (`values = (a, b)`). A tuple
 * of one is written without parentheses and is therefore a plain reference or literal here, too. */
typedef enum mil_arg_kind { MIL_REF, MIL_LITERAL, MIL_ARGS } mil_arg_kind;

typedef struct mil_arg {
    char *name; /* NULL inside a tuple */
    mil_arg_kind kind;
    char *ref;
    mil_value *literal;
    int parts;
    struct mil_arg *part;
    mil_loc loc;
} mil_arg;

typedef struct mil_name { /* a result or a parameter: `tensor<fp16, [1, 64, 1, 32]> x` */
    mil_type type;
    char *name;
    mil_loc loc;
} mil_name;

typedef struct mil_block mil_block;

/* `*_room` is the builders' own count of free places in an array; 0 in a struct that you fill in
 * yourself. */

typedef struct mil_op {
    char *op;    /* "matmul" */
    char *opset; /* of `op<ios17>(..)`; NULL almost everywhere */
    int outs, out_room;
    mil_name *out;
    int args, arg_room;
    mil_arg *arg;
    int attrs, attr_room;
    mil_attr *attr;
    int blocks;
    mil_block *block;
    mil_loc loc;
} mil_op;

struct mil_block {
    int params, param_room;
    mil_name *param;
    int ops, op_room;
    mil_op *op;
    int results, result_room;
    char **result;
    mil_loc loc;
};

typedef struct mil_func {
    char *name, *opset; /* "main", "ios18" */
    int attrs;
    mil_attr *attr;
    mil_block body;
    mil_loc loc;
} mil_func;

typedef struct mil_program {
    arena *memory;
    int version_major, version_minor; /* 1, 3 */
    mil_loc version_at;
    int attrs;
    mil_attr *attr; /* buildInfo */
    int funcs, func_room;
    mil_func *func;
} mil_program;

/* --- reading (read.c, grammar/mil.re, grammar/mil.y) ---
 * `name` appears in messages ("kFwdAttn.mil:12:9: ..."). On failure *program is NULL. Linear in
 * size; nesting deeper than MIL_MAX_NESTING is refused. Names used before definition, defined twice
 * or undefined are the checker's business, not the reader's. */
anet_code mil_read(const char *source, size_t size, const char *name, mil_program **program,
                   anet_error *err);
void mil_free(mil_program *p);

/* --- printing (print.c) ---
 * Apple's coremlc layout, in the spelling that the program's version asks for. Floats print as C99
 * hex floats. Reading the result gives the same program. */
void mil_print(const mil_program *p, text *out);
/* p says how scalars are spelt; NULL: as in program(1.3) */
void mil_print_type(const mil_program *p, const mil_type *t, text *out);

/* --- building (build.c) ---
 * A pointer that mil_add_func, mil_add_param, mil_add_op or mil_add_out returns is good until the
 * next call that adds to the same array. Strings are copied; values, types and their arrays are
 * not. */
mil_program *mil_new(void); /* program(1.3) with the standard buildInfo, no function yet */
mil_func *mil_add_func(mil_program *p, const char *name, const char *opset);
mil_name *mil_add_param(mil_program *p, mil_block *b, mil_type type, const char *name);
mil_op *mil_add_op(mil_program *p, mil_block *b, const char *op);
mil_name *mil_add_out(mil_program *p, mil_op *op, mil_type type, const char *name);
void mil_add_ref(mil_program *p, mil_op *op, const char *arg, const char *ref);
void mil_add_refs(mil_program *p, mil_op *op, const char *arg, int n, const char *const *refs);
void mil_add_attr(mil_program *p, mil_op *op, const char *attr, mil_value value);
void mil_add_result(mil_program *p, mil_block *b, const char *name);

void mil_add_literal(mil_program *p, mil_op *op, const char *arg,
                     mil_value value); /* inline argument */

mil_type mil_scalar(mil_dtype dtype);
mil_type mil_tensor(mil_program *p, mil_dtype dtype, int rank, const int64_t *dims);
mil_value mil_string(mil_program *p, const char *s);
mil_value mil_bool(mil_program *p, bool b);
mil_value mil_number(mil_program *p, mil_dtype dtype, double x); /* scalar */
mil_value mil_vector(mil_program *p, mil_dtype dtype, size_t n, const double *x);
/* BLOBFILE(path, offset): the value is in a blob file */
mil_value mil_blob(mil_program *p, mil_type type, const char *path, uint64_t offset);

/* --- looking --- */
const mil_attr *mil_find_attr(const mil_op *op, const char *name);
const mil_arg *mil_find_arg(const mil_op *op, const char *name);
/* what is written in place: the literal argument or else the attribute of that name (const's val,
 * the constexpr ops of ios16); NULL if there is neither */
const mil_value *mil_find_value(const mil_op *op, const char *name);
int64_t mil_elements(const mil_type *t); /* of a static tensor; -1 if dynamic or beyond int64 */
bool mil_same_type(const mil_type *a, const mil_type *b);

/* --- checking (check.c, ops.def) ---
 * Names, arguments and their types, and for every op in ops.def the declared result type against
 * the inferred one. The first error is reported with its position; findings.h and ops.h
 * (mil_examine) give all of them. */
anet_code mil_check(const mil_program *p, const char *name, anet_error *err);

#endif
