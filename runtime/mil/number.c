/* number.c: numbers that a double holds exactly are read and printed without the C library. */
#include "mil/number.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MANTISSA_BITS = 52, EXPONENT_MASK = 0x7ff, EXPONENT_BIAS = 1023 };

static int hex_digit(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* the exponent's value, held within +-99999 */
static int parse_exponent(const char *s) {
    bool negative = *s == '-';
    s += *s == '-' || *s == '+';
    int e = 0;
    for (; *s >= '0' && *s <= '9'; s++) {
        e = e < 9999 ? e * 10 + (*s - '0') : 99999;
    }
    return negative ? -e : e;
}

/* Digits of base 10 or 16 as mantissa * base^scale. False if the mantissa would not fit 53 bits. */
static bool parse_mantissa(const char **s, bool hex, uint64_t *mantissa, int *scale) {
    uint64_t m = 0;
    bool fraction = false;
    for (;; ++*s) {
        int digit = hex ? hex_digit(**s) : **s >= '0' && **s <= '9' ? **s - '0' : -1;
        if (digit < 0 && (fraction || **s != '.')) {
            break;
        }
        if (digit < 0) {
            fraction = true;
            continue;
        }
        m = m * (hex ? 16 : 10) + (uint64_t)digit;
        *scale -= fraction;
        if (m >> 53) {
            return false;
        }
    }
    *mantissa = m;
    return true;
}

/* m * 10^e where both are exact doubles, hence correctly rounded; false if they are not */
static bool scale_decimal(uint64_t m, int e, double *x) {
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (e < -22 || e > 22) {
        return false;
    }
    *x = e < 0 ? (double)m / powers[-e] : (double)m * powers[e];
    return true;
}

double mil_parse_number(const char *s) {
    const char *start = s;
    bool negative = *s == '-';
    s += *s == '-' || *s == '+';
    if (*s == 'i' || *s == 'n') {
        double special = *s == 'i' ? (double)INFINITY : (double)NAN;
        return negative ? -special : special;
    }
    bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
    s += hex ? 2 : 0;
    uint64_t mantissa;
    int scale = 0;
    if (!parse_mantissa(&s, hex, &mantissa, &scale)) {
        return strtod(start, NULL);
    }
    bool exponent = hex ? *s == 'p' || *s == 'P' : *s == 'e' || *s == 'E';
    int e = exponent ? parse_exponent(s + 1) : 0;
    double x = 0;
    if (hex) {
        x = ldexp((double)mantissa, e + 4 * scale);
    } else if (!scale_decimal(mantissa, e + scale, &x)) {
        return strtod(start, NULL);
    }
    return negative ? -x : x;
}

void mil_print_uint64(text *out, uint64_t x) {
    char digits[20];
    size_t n = sizeof digits;
    do {
        digits[--n] = (char)('0' + x % 10);
        x /= 10;
    } while (x);
    text_add(out, digits + n, sizeof digits - n);
}

void mil_print_int64(text *out, int64_t x) {
    if (x < 0) {
        text_putc(out, '-');
    }
    mil_print_uint64(out, x < 0 ? 0 - (uint64_t)x : (uint64_t)x);
}

static void print_finite(text *out, uint64_t fraction, int exponent) {
    text_puts(out, "0x1");
    if (fraction) {
        text_putc(out, '.');
    }
    for (; fraction; fraction = (fraction << 4) & (((uint64_t)1 << MANTISSA_BITS) - 1)) {
        text_putc(out, "0123456789abcdef"[fraction >> (MANTISSA_BITS - 4)]);
    }
    text_puts(out, exponent < 0 ? "p-" : "p+");
    mil_print_uint64(out, (uint64_t)(exponent < 0 ? -exponent : exponent));
}

void mil_print_float(text *out, double x) {
    if (isnan(x)) {
        text_puts(out, "nan");
        return;
    }
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    uint64_t fraction = bits & (((uint64_t)1 << MANTISSA_BITS) - 1);
    int exponent = (int)(bits >> MANTISSA_BITS) & EXPONENT_MASK;
    if (bits >> 63) {
        text_putc(out, '-');
    }
    if (exponent == EXPONENT_MASK) {
        text_puts(out, "inf");
    } else if (exponent == 0 && fraction == 0) {
        text_puts(out, "0x0p+0");
    } else if (exponent) {
        print_finite(out, fraction, exponent - EXPONENT_BIAS);
    } else { /* subnormal: shift the first set bit out of the fraction */
        exponent = 1 - EXPONENT_BIAS;
        while (!(fraction >> MANTISSA_BITS)) {
            fraction <<= 1;
            exponent--;
        }
        print_finite(out, fraction & (((uint64_t)1 << MANTISSA_BITS) - 1), exponent);
    }
}

void mil_print_integer(text *out, double x) {
    if (x == floor(x) && fabs(x) < 0x1p63) {
        mil_print_int64(out, (int64_t)x);
    } else {
        mil_print_float(out, x);
    }
}
