/* mil.y: the grammar of MIL text (both scalar spellings, hand-written dialects included).
 *
 * Actions only gather; what a literal means is literal.c's business. Every pair of brackets is a
 * symbol of its own, so that an error message can tell from the parser's stack where it is (see
 * `places`). */
%require "3.8"
%define api.pure full
%define api.prefix {mil_yy}
%define api.token.prefix {T_}
%define api.location.type {mil_loc}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param {mil_reader *r}

%code requires {
#include "mil/reader.h"
}

%code provides {
int mil_yylex(MIL_YYSTYPE *value, mil_loc *loc, mil_reader *r);
}

%code {
#include <string.h>

#define YYLLOC_DEFAULT(whole, parts, n) ((whole) = (n) ? YYRHSLOC(parts, 1) : YYRHSLOC(parts, 0))

/* everything above height `first` of a stack, as an array of its own */
#define TAKE(stack, first)                                                                         \
    take(r, r->stack.at, &r->stack.len, (first), sizeof *r->stack.at)

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            YYABORT;                                                                               \
        }                                                                                          \
    } while (0)

static void mil_yyerror(const mil_loc *at, mil_reader *r, const char *message);
static mil_list take(mil_reader *r, const void *stack, size_t *height, size_t first, size_t size);
static char *word(mil_reader *r, const char *s);
static mil_mark here(const mil_reader *r);
static bool set_version(mil_reader *r, mil_loc at, const unsigned char *digits);
static bool parse_dim(mil_reader *r, mil_loc at, const unsigned char *digits, int64_t *dim);
static bool tensor_type(mil_reader *r, mil_loc at, mil_dtype dtype, mil_list dims, mil_type *type);
static mil_type compound(mil_type_kind kind, mil_list parts);
static mil_arg literal_arg(mil_reader *r, const mil_value *value);
static mil_arg tuple_arg(mil_list parts);
}

%union {
    const unsigned char *place; /* of a literal's token in the text */
    char *name;
    mil_dtype dtype;
    int64_t dim;
    size_t height; /* of a stack of the reader, below the first element */
    mil_list list;
    mil_mark mark;
    mil_type type;
    mil_value value;
    mil_arg arg;
    mil_op op;
    mil_block block;
    mil_func func;
}

%token END 0 "the end of the text"
%token PROGRAM "program" FUNC "func" ARROW "->"
%token TENSOR "tensor" LIST "list" TUPLE "tuple" DICT "dict" STATE "state" BUFFER "tensor_buffer"
%token <place> BLOBFILE "BLOBFILE" NUMBER STRING TRUE "true" FALSE "false"
%token <place> LPAREN "(" RPAREN ")" LBRACKET "[" RBRACKET "]" LBRACE "{" RBRACE "}"
%token LESS "<" GREATER ">" COMMA "," EQUALS "=" SEMICOLON ";" ANY "?"
%token <name> NAME
%token <dtype> DTYPE

%type <name> name target opset
%type <dim> dim
%type <height> stmts blocks typed_names opt_names name_list opt_name_list
%type <height> arg_list opt_arg_list arg_tuple attr_list opt_attr_list dims opt_dims type_list
%type <list> params results args attrs shape layout
%type <mark> mark
%type <type> type
%type <value> value bare
%type <arg> argval
%type <op> call
%type <block> block body
%type <func> func

%%

program: "program" version program_attrs "{" funcs "}"
    {
        mil_list funcs = TAKE(funcs, 0);
        r->program->func = funcs.at;
        r->program->funcs = funcs.count;
    }

version: "(" NUMBER ")" { CHECK(set_version(r, @NUMBER, $NUMBER)); }

program_attrs: attrs { r->program->attr = $attrs.at; r->program->attrs = $attrs.count; }

funcs: %empty
    | funcs func { vec_push(&r->funcs, $func); }

func: "func" name target params attrs body ";"
    {
        $$ = (mil_func){.name = $name, .opset = $target, .attrs = $attrs.count, .attr = $attrs.at,
                        .body = $body, .loc = @name};
        $$.body.params = $params.count;
        $$.body.param = $params.at;
    }

target: "<" name ">" { $$ = $name; }

params: "(" opt_names ")" { $$ = TAKE(names, $opt_names); }

body: "{" stmts "}" "->" results
    {
        mil_list ops = TAKE(ops, $stmts);
        $$ = (mil_block){.ops = ops.count, .op = ops.at, .results = $results.count,
                         .result = $results.at, .loc = @1};
    }

results: "(" opt_name_list ")" { $$ = TAKE(strings, $opt_name_list); }

stmts: %empty { $$ = r->ops.len; }
    | stmts call { vec_push(&r->ops, $call); }
    | stmts typed_names "=" call
    {
        mil_list outs = TAKE(names, $typed_names);
        $call.outs = outs.count;
        $call.out = outs.at;
        vec_push(&r->ops, $call);
    }

opt_names: %empty { $$ = r->names.len; }
    | typed_names

typed_names: typed_name { $$ = r->names.len - 1; }
    | typed_names "," typed_name

typed_name: type name { vec_push(&r->names, ((mil_name){$type, $name, @name})); }

opt_name_list: %empty { $$ = r->strings.len; }
    | name_list

name_list: name { $$ = r->strings.len; vec_push(&r->strings, $name); }
    | name_list "," name { vec_push(&r->strings, $name); }

call: NAME opset args attrs blocks ";"
    {
        mil_list parts = TAKE(blocks, $blocks);
        $$ = (mil_op){.op = $NAME, .opset = $opset, .args = $args.count, .arg = $args.at,
                      .attrs = $attrs.count, .attr = $attrs.at, .blocks = parts.count,
                      .block = parts.at, .loc = @NAME};
    }

opset: %empty { $$ = NULL; }
    | target

blocks: %empty { $$ = r->blocks.len; }
    | blocks block { vec_push(&r->blocks, $block); }

block: params body
    {
        $$ = $body;
        $$.params = $params.count;
        $$.param = $params.at;
    }

/* --- arguments and attributes --- */

args: "(" opt_arg_list ")" { $$ = TAKE(args, $opt_arg_list); }

opt_arg_list: %empty { $$ = r->args.len; }
    | arg_list

arg_list: arg { $$ = r->args.len - 1; }
    | arg_list "," arg

arg: name "=" argval
    {
        $argval.name = $name;
        $argval.loc = @name;
        vec_push(&r->args, $argval);
    }

argval: name { $$ = (mil_arg){.kind = MIL_REF, .ref = $name, .loc = @name}; }
    | value { $$ = literal_arg(r, &$value); }
    | bare { $$ = literal_arg(r, &$bare); }
    | "(" arg_tuple ")" { $$ = tuple_arg(TAKE(args, $arg_tuple)); }

arg_tuple: argval { $$ = r->args.len; $argval.loc = @argval; vec_push(&r->args, $argval); }
    | arg_tuple "," argval { $argval.loc = @argval; vec_push(&r->args, $argval); }

attrs: %empty { $$ = (mil_list){0}; }
    | "[" opt_attr_list "]" { $$ = TAKE(attrs, $opt_attr_list); }

opt_attr_list: %empty { $$ = r->attrs.len; }
    | attr_list

attr_list: attr { $$ = r->attrs.len - 1; }
    | attr_list "," attr

attr: name "=" value { vec_push(&r->attrs, ((mil_attr){$name, $value})); }
    | name "=" bare { vec_push(&r->attrs, ((mil_attr){$name, $bare})); }

/* --- values --- */

value: type "(" mark literal ")" { CHECK(mil_take_value(r, $mark, $type, &$$)); }

bare: mark simple { CHECK(mil_take_untyped(r, $mark, &$$)); }

mark: %empty { $$ = here(r); }

literal: simple
    | "(" { vec_push(&r->cells, $1); } opt_literals ")" { vec_push(&r->cells, $4); }
    | "{" { vec_push(&r->cells, $1); } opt_pairs "}" { vec_push(&r->cells, $4); }
    | BLOBFILE blob_place { vec_push(&r->cells, $BLOBFILE); }

simple: NUMBER { vec_push(&r->cells, $NUMBER); }
    | STRING { vec_push(&r->cells, $STRING); }
    | TRUE { vec_push(&r->cells, $TRUE); }
    | FALSE { vec_push(&r->cells, $FALSE); }
    | "[" { vec_push(&r->cells, $1); } opt_literals "]" { vec_push(&r->cells, $4); }

opt_literals: %empty
    | literals

literals: literal
    | literals "," literal

opt_pairs: %empty
    | pairs

pairs: pair
    | pairs "," pair

pair: "{" literal "," literal "}"

blob_place: "(" attr_list ")" { CHECK(mil_take_blob(r, $attr_list, @1)); }

/* --- types --- */

type: DTYPE { $$ = mil_scalar($DTYPE); $$.spelt = MIL_SPELT_SHORT; }
    | "tensor" "<" DTYPE "," shape ">" { CHECK(tensor_type(r, @1, $DTYPE, $shape, &$$)); }
    | "list" "<" type[part] "," dim ">"
    {
        vec_push(&r->types, $part);
        $$ = compound(MIL_LIST, TAKE(types, r->types.len - 1));
        $$.length = $dim;
    }
    | "tuple" "<" type_list ">" { $$ = compound(MIL_TUPLE, TAKE(types, $type_list)); }
    | "dict" "<" type[key] "," type[part] ">"
    {
        vec_push(&r->types, $key);
        vec_push(&r->types, $part);
        $$ = compound(MIL_DICT, TAKE(types, r->types.len - 2));
    }
    | "state" "<" type[part] ">"
    {
        vec_push(&r->types, $part);
        $$ = compound(MIL_STATE, TAKE(types, r->types.len - 1));
    }
    | "tensor_buffer" "<" DTYPE layout ">"
    {
        $$ = (mil_type){.kind = MIL_BUFFER, .dtype = $DTYPE, .buffer_ats = $layout.count,
                        .buffer_at = $layout.at};
    }

layout: %empty { $$ = (mil_list){0}; }
    | "," attr_list { $$ = TAKE(attrs, $attr_list); }

type_list: type { $$ = r->types.len; vec_push(&r->types, $type); }
    | type_list "," type { vec_push(&r->types, $type); }

shape: "[" opt_dims "]" { $$ = TAKE(dims, $opt_dims); }

opt_dims: %empty { $$ = r->dims.len; }
    | dims

dims: dim { $$ = r->dims.len; vec_push(&r->dims, $dim); }
    | dims "," dim { vec_push(&r->dims, $dim); }

dim: NUMBER { CHECK(parse_dim(r, @NUMBER, $NUMBER, &$$)); }
    | "?" { $$ = MIL_ANY_DIM; }

/* words are reserved by position only */
name: NAME
    | DTYPE { $$ = word(r, mil_dtype_name($DTYPE)); }
    | "program" { $$ = word(r, "program"); }
    | "func" { $$ = word(r, "func"); }
    | "tensor" { $$ = word(r, "tensor"); }
    | "list" { $$ = word(r, "list"); }
    | "tuple" { $$ = word(r, "tuple"); }
    | "dict" { $$ = word(r, "dict"); }
    | "state" { $$ = word(r, "state"); }
    | "tensor_buffer" { $$ = word(r, "tensor_buffer"); }
    | BLOBFILE { $$ = word(r, "BLOBFILE"); }

%%

/* --- what the actions call --- */

static mil_list take(mil_reader *r, const void *stack, size_t *height, size_t first, size_t size) {
    size_t count = *height - first;
    *height = first;
    if (count == 0) {
        return (mil_list){0};
    }
    const char *from = (const char *)stack + first * size;
    return (mil_list){(int)count, arena_memdup(r->memory, from, count * size)};
}

static char *word(mil_reader *r, const char *s) {
    return mil_intern(r, s, strlen(s));
}

static mil_mark here(const mil_reader *r) {
    return (mil_mark){r->cells.len, r->blobs.len};
}

/* "1.3": the dot separates two numbers */
static bool set_version(mil_reader *r, mil_loc at, const unsigned char *digits) {
    const unsigned char *s = digits;
    int version[2] = {0, 0}, count = 0, part = 0;
    for (; (*s >= '0' && *s <= '9') || (*s == '.' && part == 0 && count); s++) {
        if (*s == '.') {
            part++;
            count = 0;
        } else if (count++ < 6) {
            version[part] = version[part] * 10 + (*s - '0');
        }
    }
    if (part == 0 || count == 0 || count > 6 || (*s != ')' && *s != ' ')) {
        return mil_read_error(r, MIL_M0104, at, "a program's version looks like 1.3");
    }
    r->program->version_at = at;
    r->program->version_major = version[0];
    r->program->version_minor = version[1];
    return true;
}

static bool parse_dim(mil_reader *r, mil_loc at, const unsigned char *digits, int64_t *dim) {
    if (!mil_parse_int64(digits, dim) || *dim < 0) {
        return mil_read_error(r, MIL_M0104, at, "a dimension must be ? or a whole number from 0 to 2^63 - 1");
    }
    return true;
}

static bool tensor_type(mil_reader *r, mil_loc at, mil_dtype dtype, mil_list dims, mil_type *type) {
    if (dims.count > MIL_MAX_RANK) {
        return mil_read_error(r, MIL_M0104, at, "a tensor of rank %d; at most %d is supported", dims.count,
                              MIL_MAX_RANK);
    }
    *type = mil_scalar(dtype);
    type->rank = dims.count;
    type->dims = dims.at;
    type->spelt = dims.count ? MIL_SPELT_ANY : MIL_SPELT_LONG;
    return true;
}

static mil_type compound(mil_type_kind kind, mil_list parts) {
    return (mil_type){.kind = kind, .parts = parts.count, .part = parts.at};
}

static mil_arg literal_arg(mil_reader *r, const mil_value *value) {
    return (mil_arg){.kind = MIL_LITERAL, .literal = arena_memdup(r->memory, value, sizeof *value)};
}

/* parentheses around one element are not kept: it is printed without them */
static mil_arg tuple_arg(mil_list parts) {
    if (parts.count == 1) {
        return *(mil_arg *)parts.at;
    }
    return (mil_arg){.kind = MIL_ARGS, .parts = parts.count, .part = parts.at};
}

/* --- syntax errors --- */

#define BIT(symbol) ((uint64_t)1 << YYSYMBOL_##symbol)
#define TYPES                                                                                      \
    (BIT(DTYPE) | BIT(TENSOR) | BIT(LIST) | BIT(TUPLE) | BIT(DICT) | BIT(STATE) | BIT(BUFFER))
#define WORDS (TYPES | BIT(NAME) | BIT(PROGRAM) | BIT(FUNC))

_Static_assert(YYNTOKENS <= 64, "a set of tokens must fit 64 bits");

/* sets of expected tokens that have a better name than their list; the first that fits wins */
static const struct {
    uint64_t present, covered;
    const char *text;
} groups[] = {
    {BIT(NAME) | BIT(NUMBER), UINT64_MAX, "a name or a value"},
    {BIT(TENSOR) | BIT(NUMBER), UINT64_MAX, "a value"},
    {BIT(NAME) | BIT(PROGRAM), WORDS | BIT(BLOBFILE), "an identifier"},
    {BIT(NAME) | BIT(DTYPE), WORDS, "a statement"},
    {BIT(NUMBER) | BIT(STRING), UINT64_MAX, "a literal"},
    {BIT(TENSOR), TYPES, "a type"},
    {BIT(DTYPE), BIT(DTYPE), "an element type"},
    {BIT(NUMBER), BIT(NUMBER), "a number"},
    {BIT(STRING), BIT(STRING), "a string"},
    {BIT(NAME), BIT(NAME), "an identifier"},
};

/* what an open bracket (or the whole) belongs to, by the symbol before it */
static const struct {
    yysymbol_kind_t bracket, before;
    const char *text;
} places[] = {
    {YYSYMBOL_program, YYSYMBOL_YYEMPTY, "after the program"},
    {YYSYMBOL_LPAREN, YYSYMBOL_PROGRAM, "in the program's version"},
    {YYSYMBOL_LPAREN, YYSYMBOL_target, "in a parameter list"},
    {YYSYMBOL_LPAREN, YYSYMBOL_blocks, "in a block's parameter list"},
    {YYSYMBOL_LPAREN, YYSYMBOL_opset, "in an argument list"},
    {YYSYMBOL_LPAREN, YYSYMBOL_EQUALS, "in a tuple of arguments"},
    {YYSYMBOL_LPAREN, YYSYMBOL_ARROW, "in a result list"},
    {YYSYMBOL_LPAREN, YYSYMBOL_BLOBFILE, "in a blob's place"},
    {YYSYMBOL_LBRACKET, YYSYMBOL_version, "in an attribute list"},
    {YYSYMBOL_LBRACKET, YYSYMBOL_params, "in an attribute list"},
    {YYSYMBOL_LBRACKET, YYSYMBOL_args, "in an attribute list"},
    {YYSYMBOL_LBRACKET, YYSYMBOL_COMMA, "in a shape"},
    {YYSYMBOL_LBRACE, YYSYMBOL_program_attrs, "in the program"},
    {YYSYMBOL_LBRACE, YYSYMBOL_attrs, "in a function"},
    {YYSYMBOL_LBRACE, YYSYMBOL_params, "in a block"},
    {YYSYMBOL_LESS, YYSYMBOL_YYEMPTY, "in a type"},
    {YYSYMBOL_LPAREN, YYSYMBOL_YYEMPTY, "in a literal"},
    {YYSYMBOL_LBRACKET, YYSYMBOL_YYEMPTY, "in a literal"},
    {YYSYMBOL_LBRACE, YYSYMBOL_YYEMPTY, "in a literal"},
};

static void expect_symbol(text *list, yysymbol_kind_t symbol) {
    const char *name = yysymbol_name(symbol);
    text_puts(list, list->len ? " or " : "");
    text_printf(list, symbol == YYSYMBOL_YYEOF ? "%s" : "\"%s\"", name);
}

static void expect_symbols(text *list, uint64_t set) {
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        if ((set & groups[i].present) == groups[i].present) {
            text_puts(list, list->len ? " or " : "");
            text_puts(list, groups[i].text);
            set &= ~groups[i].covered;
        }
    }
    for (int symbol = 0; symbol < YYNTOKENS; symbol++) {
        if (set >> symbol & 1) {
            expect_symbol(list, (yysymbol_kind_t)symbol);
        }
    }
}

/* the innermost bracket that is still open on the parser's stack */
static const char *find_place(const yy_state_t *top) {
    for (; *top != 0; top--) {
        for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
            if (YY_ACCESSING_SYMBOL(top[0]) == places[i].bracket &&
                (places[i].before == YYSYMBOL_YYEMPTY ||
                 (top[-1] != 0 && YY_ACCESSING_SYMBOL(top[-1]) == places[i].before))) {
                return places[i].text;
            }
        }
    }
    return "at the start of MIL text";
}

static int yyreport_syntax_error(const yypcontext_t *context, mil_reader *r) {
    yysymbol_kind_t symbols[YYNTOKENS];
    int n = yypcontext_expected_tokens(context, symbols, YYNTOKENS);
    uint64_t set = 0;
    for (int i = 0; i < n; i++) {
        set |= (uint64_t)1 << symbols[i];
    }
    text found = {0}, expected = {0};
    expect_symbols(&expected, set);
    if (yypcontext_token(context) == YYSYMBOL_YYEOF) {
        text_puts(&found, "end of the text");
    } else {
        size_t length = (size_t)(r->at - r->token);
        text_json(&found, (const char *)r->token, length < 40 ? length : 40);
    }
    mil_read_error(r, MIL_M0101, *yypcontext_location(context), "unexpected %s, expected %s (%s)", found.at,
                   expected.at ? expected.at : "nothing more", find_place(context->yyssp));
    text_free(&found);
    text_free(&expected);
    return 0;
}

/* bison's own complaint: its stack would outgrow YYMAXDEPTH */
static void mil_yyerror(const mil_loc *at, mil_reader *r, const char *message) {
    mil_read_error(r, MIL_M0103, *at, "%s", message);
}
