/* number.h: numbers as MIL text spells them; the same on every C library and in every locale but
 * where noted. */
#ifndef ANET_MIL_NUMBER_H
#define ANET_MIL_NUMBER_H

#include "base/text.h"

#include <stdint.h>

/* The number at `s` (sign, decimal or hex float, inf, nan; NUL-terminated text), rounded once to
 * double. Long decimals go through strtod: this library relies on LC_NUMERIC being "C" (nothing in
 * it calls setlocale). */
double mil_parse_number(const char *s);

/* C99 hex float as printf("%a") gives it: one leading 1 (subnormals too), no trailing zeros */
void mil_print_float(text *out, double x);
/* decimal if x is whole and within int64, else a hex float */
void mil_print_integer(text *out, double x);
void mil_print_int64(text *out, int64_t x);
void mil_print_uint64(text *out, uint64_t x);

#endif
