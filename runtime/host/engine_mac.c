/* engine_mac.c: sums of products as the engine makes them, many columns side by side.
 *
 * M4 and M6 (measured bit-identical; M5 see numerics.def) add in 32 bits of fixed point, 16 of them
 * behind the point, whatever the operands. A product counts if the exponents of its operands add up
 * to -16 or more, a subnormal's being -14; then it is rounded to a multiple of 2^-16, ties away
 * from zero; else it is dropped, even if it is worth nearly 2 * 2^-16. When the sum reaches 2^15 in
 * size at any moment the result is infinite. A bias is what the sum starts from. Operands with the
 * exponent of infinity are ordinary numbers of that binade: infinity is 2^16.
 *
 * Sources differ on where M4's sums break: at 32760 (rounds to 32768), or only at 32768. The
 * measurement that prints 16384 + 16376 as 32768 is the more direct one, so it is 32768 here.
 *
 * M1 adds tiles of four products first, and the tiles in a wide sum. What is known of the tiles
 * fits a running sum whose last bit is 2^-11 of the larger operand's binade, ties to even: ones
 * beside cancelling +-B survive up to B = 4090 (all of 16) and from 4096 on 4 of 16 do; 4096 and
 * 1024 ones make 5116. Sources call the tiles fp16, but 2^-10 would lose ones beside 3000 already.
 * The sum breaks at 2^15, on the way or rounded at the end (32752 passes, 32760 does not), unless
 * there is only one product in a convolution. Subnormal operands and results are flushed. A bias is
 * added to the rounded sum. */
#include "host/engine_mac.h"

#include "base/half.h"
#include "base/simd.h"

#include <math.h>
#include <string.h>

enum { COLUMNS = 64, ROWS = 64, DEPTH = 256, TILE = 4 };

#define FIXED_LIMIT 0x1p31 /* 2^15 in units of 2^-16 */
#define WIDE_LIMIT 0x1p15f

/* DEPTH rows of COLUMNS columns of op(B), and zeros beyond its end */
typedef struct panel {
    float at[DEPTH][COLUMNS];
    float most[DEPTH]; /* the largest size in each row */
    /* MAC_WIDE, of each row: how many elements are not 0, and how many of these are subnormal */
    uint32_t some[DEPTH], subnormal[DEPTH];
    size_t depth;
} panel;

/* of op(A), for the rows of a panel */
typedef struct factors {
    float at[DEPTH];
    float least[DEPTH]; /* MAC_FIXED: smaller elements of B make products that are dropped */
    float raw[DEPTH];   /* MAC_WIDE: before subnormal ones became 0 */
} factors;

/* --- operands --- */

/* infinity and NaN as numbers of the binade from 2^16 */
ANET_INLINE float decode_fixed(float x) {
    uint32_t u = float_bits(x), special = (u & 0x7F800000u) == 0x7F800000u;
    return bits_float(u - special * ((255u - 143u) << 23));
}

ANET_INLINE float flush(float x) {
    uint32_t keep = 0u - (uint32_t) !(fabsf(x) < 0x1p-14f);
    return bits_float(float_bits(x) & keep);
}

/* The smallest size that the other operand must have; 0: any will do. Exponents are biased. */
ANET_INLINE float least_partner(float x) {
    uint32_t e = float_bits(x) >> 23 & 0xFFu, subnormal = 127 - 14;
    e = e > subnormal ? e : subnormal;
    uint32_t partner = 127 + 127 - 16 - e, keep = 0u - (uint32_t)(partner > subnormal);
    return bits_float((partner << 23) & keep);
}

/* sizes compare like their bits */
ANET_SIMD static void decode_fixed_panel(panel *p) {
    for (size_t k = 0; k < p->depth; k++) {
        float *row = p->at[k];
        uint32_t most = 0;
        for (size_t j = 0; j < COLUMNS; j++) {
            row[j] = decode_fixed(row[j]);
            uint32_t size = float_bits(row[j]) & 0x7FFFFFFFu;
            most = most > size ? most : size;
        }
        p->most[k] = bits_float(most);
    }
}

ANET_SIMD static void flush_panel(panel *p) {
    for (size_t k = 0; k < p->depth; k++) {
        uint32_t some = 0, left = 0;
        for (size_t j = 0; j < COLUMNS; j++) {
            float x = p->at[k][j], flushed = flush(x);
            some += x != 0.0f;
            left += flushed != 0.0f;
            p->at[k][j] = flushed;
        }
        p->some[k] = some;
        p->subnormal[k] = some - left;
    }
}

/* rows [k, k + depth) of columns [column, column + n) */
static void fill_panel(panel *p, const gemm *g, size_t k, size_t column, size_t n) {
    p->depth = g->k - k < DEPTH ? g->k - k : DEPTH;
    for (size_t j = 0; j < COLUMNS && g->transpose_b; j++) {
        const float *from = j < n ? g->b + (column + j) * g->ldb + k : NULL;
        for (size_t i = 0; i < p->depth; i++) {
            p->at[i][j] = from ? from[i] : 0.0f;
        }
    }
    for (size_t i = 0; i < p->depth && !g->transpose_b; i++) {
        const float *from = g->b + (k + i) * g->ldb + column;
        for (size_t j = 0; j < COLUMNS; j++) {
            p->at[i][j] = j < n ? from[j] : 0.0f;
        }
    }
    if (g->mac == MAC_FIXED) {
        decode_fixed_panel(p);
    } else {
        flush_panel(p);
    }
}

/* Scaled by 2^16, so that products count units of the sum. */
ANET_SIMD static void decode_fixed_factors(factors *f, size_t n) {
    for (size_t i = 0; i < n; i++) {
        float x = decode_fixed(f->at[i]);
        f->at[i] = x * 0x1p16f;
        f->least[i] = least_partner(x);
    }
}

static void fill_factors(factors *f, const gemm *g, size_t row, size_t k, size_t depth) {
    const float *from = g->transpose_a ? g->a + k * g->lda + row : g->a + row * g->lda + k;
    size_t apart = g->transpose_a ? g->lda : 1;
    for (size_t i = 0; i < depth; i++) {
        f->at[i] = from[i * apart];
    }
    if (g->mac == MAC_FIXED) {
        decode_fixed_factors(f, depth);
        return;
    }
    for (size_t i = 0; i < depth; i++) {
        f->raw[i] = f->at[i];
        f->at[i] = flush(f->at[i]);
    }
}

/* --- fixed point --- */

/* The product whose whole part is to be added, or 0 if it is dropped; branches would not vectorise.
 * It has 22 significant bits, so adding a half is exact wherever it can change the whole part. */
ANET_INLINE float fixed_product(float factor, float x, float least) {
    float product = factor * x;
    uint32_t keep = 0u - (uint32_t)(fabsf(x) >= least), u = float_bits(product);
    float half = bits_float(0x3F000000u | (u & 0x80000000u));
    return bits_float(float_bits(product + half) & keep);
}

/* for sums that cannot break: in int32 */
ANET_SIMD static void add_safely(double *sum, const panel *p, const factors *f) {
    int32_t units[COLUMNS] = {0};
    for (size_t k = 0; k < p->depth; k++) {
        const float factor = f->at[k], least = f->least[k];
        for (size_t j = 0; j < COLUMNS; j++) {
            units[j] += (int32_t)fixed_product(factor, p->at[k][j], least);
        }
    }
    for (size_t j = 0; j < COLUMNS; j++) {
        sum[j] += (double)units[j];
    }
}

/* a sum that broke stays as it was then */
ANET_SIMD static void add_watchfully(double *sum, const panel *p, const factors *f) {
    for (size_t k = 0; k < p->depth; k++) {
        const float factor = f->at[k], least = f->least[k];
        for (size_t j = 0; j < COLUMNS; j++) {
            double product = (double)truncf(fixed_product(factor, p->at[k][j], least));
            sum[j] = fabs(sum[j]) < FIXED_LIMIT ? sum[j] + product : sum[j];
        }
    }
}

/* whether no column of the row can reach the limit on the way through the panel */
ANET_SIMD static bool stays_below(const double *sum, const panel *p, const factors *f) {
    enum { LANES = 8 };
    double most[LANES] = {0}, change[LANES] = {0};
    for (size_t j = 0; j < COLUMNS; j += LANES) {
        for (size_t l = 0; l < LANES; l++) {
            most[l] = most[l] > fabs(sum[j + l]) ? most[l] : fabs(sum[j + l]);
        }
    }
    for (size_t k = 0; k < p->depth; k++) {
        change[k % LANES] += fabs((double)f->at[k] * (double)p->most[k]) + 1;
    }
    for (size_t l = 1; l < LANES; l++) {
        most[0] = most[0] > most[l] ? most[0] : most[l];
        change[0] += change[l];
    }
    return most[0] + change[0] < FIXED_LIMIT;
}

static void add_fixed(double *sum, const panel *p, const factors *f) {
    if (stays_below(sum, p, f)) {
        add_safely(sum, p, f);
    } else {
        add_watchfully(sum, p, f);
    }
}

ANET_SIMD static void count_fixed(const panel *p, const factors *f, uint64_t *all,
                                  uint64_t *dropped) {
    uint32_t some = 0, none = 0;
    for (size_t k = 0; k < p->depth; k++) {
        const float factor = f->at[k], least = f->least[k];
        for (size_t j = 0; j < COLUMNS; j++) {
            float x = p->at[k][j], product = factor * x;
            bool counts = fabsf(x) >= least && fabsf(product) >= 0.5f;
            some += product != 0.0f;
            none += product != 0.0f && !counts;
        }
    }
    *all += some;
    *dropped += none;
}

/* --- wide --- */

static void count_flushed(const panel *p, const factors *f, uint64_t *all, uint64_t *dropped) {
    for (size_t k = 0; k < p->depth; k++) {
        if (f->raw[k] != 0.0f) {
            *all += p->some[k];
            *dropped += f->at[k] == 0.0f ? p->some[k] : p->subnormal[k];
        }
    }
}

/* a + b on the grid of the larger of them */
ANET_INLINE float add_on_grid(float a, float b) {
    uint32_t x = float_bits(a) & 0x7F800000u, y = float_bits(b) & 0x7F800000u;
    float magic = bits_float((x > y ? x : y) + 0x06000000u), sum = a + b;
    uint32_t u = float_bits(sum), sign = u & 0x80000000u;
    float size = bits_float(u ^ sign), r = (size + magic) - magic;
    return size < 0x1p100f ? bits_float(float_bits(r) | sign) : sum;
}

/* what the multiplier makes of 0 * inf, and a tile of inf - inf */
ANET_INLINE float without_nan(float x) {
    return x != x ? 0.0f : x;
}

/* a partial sum that reached the limit stays infinite */
ANET_INLINE float add_in_tile(float tile, float a, float b, float limit) {
    float product = without_nan(a * b);
    float sum = without_nan(add_on_grid(tile, product));
    return fabsf(sum) < limit ? sum : sum < 0 ? -INFINITY : INFINITY;
}

ANET_SIMD static void add_wide(double *sum, const panel *p, const factors *f, float limit) {
    for (size_t k = 0; k < p->depth; k += TILE) {
        float tile[COLUMNS] = {0};
        size_t lanes = p->depth - k < TILE ? p->depth - k : TILE;
        for (size_t l = k; l < k + lanes; l++) {
            const float factor = f->at[l];
            for (size_t j = 0; j < COLUMNS; j++) {
                tile[j] = add_in_tile(tile[j], factor, p->at[l][j], limit);
            }
        }
        for (size_t j = 0; j < COLUMNS; j++) {
            sum[j] = fabs(sum[j]) < (double)limit ? sum[j] + (double)tile[j] : sum[j];
        }
    }
}

/* --- results --- */

/* To the nearest half; the sum is exact, so this is the only rounding. As half_round, in double. */
ANET_INLINE double nearest_half(double x, bool away) {
    double size = fabs(x), magic, half_step;
    uint64_t e, least = (uint64_t)(1023 - 14) << 52;
    memcpy(&e, &size, sizeof e);
    e &= (uint64_t)0x7FF << 52;
    e = e > least ? e : least;
    uint64_t of_magic = e + ((uint64_t)42 << 52), of_step = e - ((uint64_t)11 << 52);
    memcpy(&magic, &of_magic, sizeof magic);
    memcpy(&half_step, &of_step, sizeof half_step);
    double r = (size + magic) - magic;
    r = away && size - r == half_step ? size + half_step : r;
    return copysign(r, x);
}

/* The bias is in fixed point, too. */
ANET_SIMD static void begin_fixed(double *sum, const float *bias, size_t n) {
    for (size_t j = 0; j < n; j++) {
        double x = (double)decode_fixed(bias[j]) * 0x1p16;
        sum[j] = trunc(x + copysign(0.5, x));
    }
}

static void begin_row(const gemm *g, size_t row, size_t column, size_t n, double *sum) {
    memset(sum, 0, COLUMNS * sizeof *sum);
    if (g->mac == MAC_FIXED && g->beta != 0.0f) {
        begin_fixed(sum, g->c + row * g->ldc + column, n);
    }
}

/* adding 0 makes -0 a 0 */
ANET_SIMD static void end_fixed(float *c, const double *sum, size_t n) {
    for (size_t j = 0; j < n; j++) {
        float y = (float)nearest_half(sum[j] * 0x1p-16, true) + 0.0f;
        float broken = sum[j] < 0 ? -INFINITY : INFINITY;
        c[j] = fabs(sum[j]) >= FIXED_LIMIT ? broken : y;
    }
}

/* with a bias in c if beta is 1 */
ANET_SIMD static void end_wide(float *c, const double *sum, size_t n, float limit, float beta) {
    for (size_t j = 0; j < n; j++) {
        float y = half_round((float)nearest_half(sum[j], false));
        float broken = y < 0 ? -INFINITY : INFINITY;
        float bias = beta != 0.0f ? c[j] : 0.0f;
        y = fabsf(y) < limit ? flush(y) : broken;
        c[j] = without_nan(half_round(y + bias)) + 0.0f;
    }
}

static float wide_limit(const gemm *g) {
    return g->one_tap ? 65520.0f : WIDE_LIMIT;
}

static void end_row(const gemm *g, size_t row, size_t column, size_t n, const double *sum) {
    float *c = g->c + row * g->ldc + column;
    if (g->mac == MAC_FIXED) {
        end_fixed(c, sum, n);
    } else {
        end_wide(c, sum, n, wide_limit(g), g->beta);
    }
    if (g->tally) {
        uint64_t broken = 0, flushed = 0;
        for (size_t j = 0; j < n; j++) {
            broken += isinf(c[j]) != 0;
            flushed += g->mac == MAC_WIDE && sum[j] != 0 && fabs(sum[j]) < 0x1p-14;
        }
        host_tally_add(g->tally, TALLY_SUM_OVERFLOW, broken);
        host_tally_add(g->tally, TALLY_FLUSHED, flushed);
    }
}

/* --- blocks --- */

typedef struct scratch {
    panel b;
    factors a;
    double sum[ROWS][COLUMNS];
} scratch;

static void add_panel(const gemm *g, scratch *s, size_t row, size_t rows, size_t k) {
    uint64_t all = 0, dropped = 0;
    for (size_t i = 0; i < rows; i++) {
        fill_factors(&s->a, g, row + i, k, s->b.depth);
        if (g->mac == MAC_FIXED) {
            add_fixed(s->sum[i], &s->b, &s->a);
        } else {
            add_wide(s->sum[i], &s->b, &s->a, wide_limit(g));
        }
        if (g->tally) {
            (g->mac == MAC_FIXED ? count_fixed : count_flushed)(&s->b, &s->a, &all, &dropped);
        }
    }
    host_tally_products(g->tally, all);
    host_tally_add(g->tally, TALLY_DROPPED, dropped);
}

void engine_multiply(const gemm *g) {
    scratch s;
    for (size_t column = 0; column < g->n; column += COLUMNS) {
        size_t n = g->n - column < COLUMNS ? g->n - column : COLUMNS;
        for (size_t row = 0; row < g->m; row += ROWS) {
            size_t rows = g->m - row < ROWS ? g->m - row : ROWS;
            for (size_t i = 0; i < rows; i++) {
                begin_row(g, row + i, column, n, s.sum[i]);
            }
            for (size_t k = 0; k < g->k; k += DEPTH) {
                fill_panel(&s.b, g, k, column, n);
                add_panel(g, &s, row, rows, k);
            }
            for (size_t i = 0; i < rows; i++) {
                end_row(g, row + i, column, n, s.sum[i]);
            }
        }
    }
}
