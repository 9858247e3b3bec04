/* mil.re: the tokens of MIL text. The whole text is in memory, with a NUL behind its end. */
#include "mil/reader.h"
#include "mil_parser.h"

#include <string.h>

int mil_yylex(MIL_YYSTYPE *value, mil_loc *loc, mil_reader *r);

static int lex_failure(mil_reader *r, mil_loc at, const char *message) {
    mil_read_error(r, MIL_M0102, at, "%s", message);
    return T_MIL_YYerror;
}

/* outer brackets of any kind count, so that no later stage meets deep nesting */
static int opening(mil_reader *r, mil_loc at, int token) {
    if (++r->depth > MIL_MAX_NESTING) {
        mil_read_error(r, MIL_M0103, at, "nesting deeper than %d levels", MIL_MAX_NESTING);
        return T_MIL_YYerror;
    }
    return token;
}

static int closing(mil_reader *r, int token) {
    r->depth -= r->depth > 0;
    return token;
}

static int dtype_word(mil_reader *r, MIL_YYSTYPE *value) {
    value->dtype = mil_dtype_named((const char *)r->token, (size_t)(r->at - r->token));
    return T_DTYPE;
}

static int bad_character(mil_reader *r, mil_loc at) {
    unsigned char c = *r->token;
    if (c > ' ' && c < 0x7f) {
        mil_read_error(r, MIL_M0102, at, "stray \"%c\"", c);
    } else {
        mil_read_error(r, MIL_M0102, at, "stray byte 0x%02x outside of a string", c);
    }
    return T_MIL_YYerror;
}

int mil_yylex(MIL_YYSTYPE *value, mil_loc *loc, mil_reader *r) {
    const unsigned char *marker;
next:
    r->token = r->at;
    value->place = r->token;
    *loc = (mil_loc){r->line, (int)(r->at - r->line_start) + 1};
    /*!re2c
    re2c:api:style = free-form;
    re2c:define:YYCTYPE = "unsigned char";
    re2c:define:YYCURSOR = r->at;
    re2c:define:YYMARKER = marker;
    re2c:yyfill:enable = 0;

    digit = [0-9];
    hex = [0-9a-fA-F];
    sign = [-+];
    decimal = (digit+ ("." digit*)? | "." digit+) ([eE] sign? digit+)?;
    hexfloat = "0" [xX] (hex+ ("." hex*)? | "." hex+) ([pP] sign? digit+)?;
    special = "inf" | "infinity" | "nan";
    word = [A-Za-z_][A-Za-z0-9_]*;
    dtype = "bool" | "string" | "fp16" | "fp32" | "fp64" | "bf16" | "fp8e4m3fn" | "fp8e5m2"
          | "int4" | "int8" | "int16" | "int32" | "int64"
          | "uint1" | "uint2" | "uint3" | "uint4" | "uint6" | "uint8" | "uint16" | "uint32"
          | "uint64";

    [ \t\r]+       { goto next; }
    "//" [^\n\x00]* { goto next; }
    "\n"           { r->line++; r->line_start = r->at; goto next; }
    sign? (decimal | hexfloat | special) { return T_NUMBER; }
    "\"" ([^"\\\n\x00] | "\\" [^\n\x00])* "\"" { return T_STRING; }
    "\""           { return lex_failure(r, *loc, "string without its closing quote"); }

    "true"         { return T_TRUE; }
    "false"        { return T_FALSE; }
    "program"      { return T_PROGRAM; }
    "func"         { return T_FUNC; }
    "tensor"       { return T_TENSOR; }
    "list"         { return T_LIST; }
    "tuple"        { return T_TUPLE; }
    "dict"         { return T_DICT; }
    "state"        { return T_STATE; }
    "tensor_buffer" { return T_BUFFER; }
    "BLOBFILE"     { return T_BLOBFILE; }
    dtype          { return dtype_word(r, value); }
    word           {
        value->name = mil_intern(r, (const char *)r->token, (size_t)(r->at - r->token));
        return T_NAME;
    }

    "->"           { return T_ARROW; }
    "("            { return opening(r, *loc, T_LPAREN); }
    "["            { return opening(r, *loc, T_LBRACKET); }
    "{"            { return opening(r, *loc, T_LBRACE); }
    "<"            { return opening(r, *loc, T_LESS); }
    ")"            { return closing(r, T_RPAREN); }
    "]"            { return closing(r, T_RBRACKET); }
    "}"            { return closing(r, T_RBRACE); }
    ">"            { return closing(r, T_GREATER); }
    ","            { return T_COMMA; }
    "="            { return T_EQUALS; }
    ";"            { return T_SEMICOLON; }
    "?"            { return T_ANY; }

    "\x00"         {
        if (r->token == r->end) {
            r->at = r->end;
            return T_END;
        }
        return lex_failure(r, *loc, "NUL byte: this is not MIL text");
    }
    *              { return bad_character(r, *loc); }
    */
}
