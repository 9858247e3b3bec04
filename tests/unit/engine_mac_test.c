/* Sums of products as the engine makes them: what was measured on chips, and the fast loops against
 * a literal model that works on the bits of halves, one product at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* before base/status.h: it takes the word `fail` */

#include "base/half.h"
#include "host/gemm.h"
#include "host/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* a . b, the sum starting from or added to `bias` */
static float dot(host_mac mac, const float *a, const float *b, size_t k, float bias) {
    float c = bias;
    gemm g = {.m = 1, .n = 1, .k = k, .alpha = 1, .beta = 1, .a = a, .b = b, .c = &c};
    g.lda = k;
    g.ldb = g.ldc = 1;
    g.mac = mac;
    gemm_piece(&g, 1, 0);
    return c;
}

/* the sum of x, each times the weight 1 */
static float sum_of(host_mac mac, const float *x, size_t n, float bias) {
    float *ones = malloc(n * sizeof *ones);
    assert_non_null(ones);
    for (size_t i = 0; i < n; i++) {
        ones[i] = 1;
    }
    float y = dot(mac, x, ones, n, bias);
    free(ones);
    return y;
}

#define SUM(mac, bias, ...)                                                                        \
    sum_of(mac, (const float[]){__VA_ARGS__}, sizeof(float[]){__VA_ARGS__} / sizeof(float), bias)

static float times(float x, float w) {
    return dot(MAC_FIXED, &x, &w, 1, 0);
}

/* --- measured on M4 and M6 --- */

static void test_overflow(void **state) {
    (void)state;
    assert_true(SUM(MAC_FIXED, 0, 16384, 16384, -16384, -16384, 1) == INFINITY); /* sticky */
    assert_true(SUM(MAC_FIXED, 0, -16384, -16384, 16384, 16384, 1) == -INFINITY);
    assert_true(SUM(MAC_FIXED, 0, 16384, -16384, 16384, -16384, 1) == 1);
    assert_true(SUM(MAC_FIXED, 0, 16384, 16384) == INFINITY);
    assert_true(SUM(MAC_FIXED, 0, 32752) == 32752);
    assert_true(SUM(MAC_FIXED, 0, 32768) == INFINITY);
    assert_true(SUM(MAC_FIXED, 0, 16384, 16376) == 32768); /* 32760, rounded */
    assert_true(times(65504, 0x1p-4f) == 4094);            /* operands have their full range */
}

static void test_bias(void **state) {
    (void)state;
    assert_true(SUM(MAC_FIXED, -16384, 16384, 16384) == 16384);
    assert_true(SUM(MAC_FIXED, -16384, 16384, 16384, 16384) == INFINITY);
    assert_true(SUM(MAC_FIXED, 32, 32752) == INFINITY);
    assert_true(SUM(MAC_FIXED, 32, 32736) == INFINITY);
    assert_true(SUM(MAC_FIXED, 0x1p-20f, 0) == 0);
    assert_true(SUM(MAC_FIXED, 0x1p-17f, 0) == 0x1p-16f);
    assert_true(SUM(MAC_FIXED, 0x1p-17f, 0x1p-17f) == 0x1p-15f); /* each rounds first */
    assert_true(SUM(MAC_FIXED, 1000.5f, 0.25f) == 1001);
}

static void test_rounding(void **state) {
    (void)state;
    assert_true(SUM(MAC_FIXED, 0, 2048, 1) == 2050);
    assert_true(SUM(MAC_FIXED, 0, -2048, -1) == -2050);
    assert_true(SUM(MAC_FIXED, 0, 4096, 2) == 4100);
    assert_true(SUM(MAC_FIXED, 0, -4096, -2) == -4100);
    assert_true(SUM(MAC_FIXED, 0, 1, 0x1p-11f) == 1 + 0x1p-10f);
    assert_true(SUM(MAC_FIXED, 0, 2048, 1, -0x1p-16f) == 2048); /* no rounding on the way */
    float zero = SUM(MAC_FIXED, 0, -0.0f, -0.0f);
    assert_true(zero == 0 && !signbit(zero));
}

/* no partial sum is a half */
static void test_small_beside_large(void **state) {
    (void)state;
    assert_true(SUM(MAC_FIXED, 0, 2048, 1, -2048) == 1);
    assert_true(SUM(MAC_FIXED, 0, 1, 2048, -2048) == 1);
    assert_true(SUM(MAC_FIXED, 0, 2048, -2048, 1) == 1);
    assert_true(SUM(MAC_FIXED, 0, 16384, 0x1p-16f, -16384) == 0x1p-16f);
    assert_true(SUM(MAC_FIXED, 0, 16384, 0x1p-18f, -16384) == 0);
}

/* by the exponents, not by the product */
static void test_dropped_products(void **state) {
    (void)state;
    static const struct {
        float w, x, units;
    } cases[] = {
        {1, 0x1p-17f, 1},                         /* exponents 0 and -14: half a unit, rounded */
        {1, 0x1p-18f, 0},                         /* a quarter */
        {1.875f * 0x1p-3f, 1.875f * 0x1p-14f, 0}, /* -17, worth 1.76 units */
        {1.9902344f * 0x1p-3f, 1.9902344f * 0x1p-14f, 0}, /* -17, worth 1.98 */
        {1.5f * 0x1p-4f, 1.8994141f * 0x1p-13f, 0},
        {1.9375f * 0x1p-5f, 1.9375f * 0x1p-12f, 0},
        {0.19995117f, 0.98974609f * 0x1p-14f, 0}, /* -3 and a subnormal */
        {0.125f, 1.5f * 0x1p-13f, 2},             /* -16: 1.5 units, a tie */
        {0.25f, 0.5f * 0x1p-14f, 1},              /* -2 and a subnormal */
        {0x1p-3f, 0x1p-13f, 1},
        {0x1p-3f, 0x1p-14f, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float y = times(cases[i].x, cases[i].w);
        if (y != cases[i].units * 0x1p-16f) {
            fail_msg("%g * %g is %g units", (double)cases[i].w, (double)cases[i].x,
                     (double)y * 65536);
        }
        assert_true(times(cases[i].w, cases[i].x) == y);
        assert_true(times(-cases[i].w, cases[i].x) == -y);
    }
}

/* an exponent of 31 is an ordinary one */
static void test_infinite_operands(void **state) {
    (void)state;
    float inf = INFINITY, nan = half_float(0x7E00), most = half_float(0x7FFF), small = 0x1p-4f;
    assert_true(dot(MAC_FIXED, &inf, &small, 1, 0) == 4096);
    assert_true(dot(MAC_FIXED, &nan, &small, 1, 0) == 6144);
    assert_true(dot(MAC_FIXED, &most, &small, 1, 0) == 8188); /* 131008 / 16 */
    assert_true(SUM(MAC_FIXED, 0, INFINITY) == INFINITY);
    assert_true(SUM(MAC_FIXED, 0, half_float(0x7E00)) == INFINITY);
    assert_true(times(INFINITY, 0) == 0);
}

/* --- measured on M1 --- */

static void test_wide_tiles(void **state) {
    (void)state;
    enum { N = 16000 };
    float *x = malloc(N * sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < N; i++) {
        x[i] = 1;
    }
    assert_true(sum_of(MAC_WIDE, x, N, 0) == 16000);
    x[0] = 4096;
    assert_true(sum_of(MAC_WIDE, x, 1025, 0) == 5116);
    x[0] = 8192;
    assert_true(sum_of(MAC_WIDE, x, 17, 0) == 8208);
    free(x);
}

/* B, -B and 1, sixteen times, in both orders that were measured */
static void test_survivors(void **state) {
    (void)state;
    static const struct {
        float large, survivors;
    } cases[] = {{1024, 16}, {3000, 16}, {4000, 16}, {4090, 16},
                 {4096, 4},  {8000, 4},  {16000, 4}, {30000, 4}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float b = cases[i].large, first[48], second[48];
        for (size_t k = 0; k < 48; k += 3) {
            first[k] = second[k] = b;
            first[k + 1] = second[k + 2] = -b;
            first[k + 2] = second[k + 1] = 1;
        }
        assert_float_equal(sum_of(MAC_WIDE, first, 48, 0), cases[i].survivors, 0);
        assert_float_equal(sum_of(MAC_WIDE, second, 48, 0), cases[i].survivors, 0);
    }
}

static void test_wide_ceiling(void **state) {
    (void)state;
    assert_true(SUM(MAC_WIDE, 0, 32752) == 32752);
    assert_true(SUM(MAC_WIDE, 0, 32768) == INFINITY);
    assert_true(SUM(MAC_WIDE, 0, 32752, 0, 0, 0, 4) == 32752);    /* 32756 */
    assert_true(SUM(MAC_WIDE, 0, 32752, 0, 0, 0, 8) == INFINITY); /* 32760 rounds to 2^15 */
    assert_true(SUM(MAC_WIDE, 0, 16384, 16384) == INFINITY);
    assert_true(SUM(MAC_WIDE, 0, 16384, 16384, -16384) == INFINITY);
    assert_true(SUM(MAC_WIDE, 0, -16384, -16384) == -INFINITY);
    float x = 60000, one = 1, c;
    gemm g = {.m = 1, .n = 1, .k = 1, .alpha = 1, .a = &x, .b = &one, .c = &c};
    g.lda = g.ldb = g.ldc = 1;
    g.mac = MAC_WIDE;
    g.one_tap = true;
    gemm_piece(&g, 1, 0);
    assert_true(c == 60000);
    g.one_tap = false;
    gemm_piece(&g, 1, 0);
    assert_true(c == INFINITY);
}

static void test_wide_results(void **state) {
    (void)state;
    assert_true(SUM(MAC_WIDE, 0, 2048, 1) == 2048); /* ties to even */
    assert_true(SUM(MAC_WIDE, 0, 2050, 1) == 2052);
    assert_true(SUM(MAC_WIDE, 0, 0x1p-20f, 0x1p-20f) == 0); /* subnormals are flushed */
    float small = 0x1p-8f;
    assert_true(dot(MAC_WIDE, &small, &small, 1, 0) == 0); /* 2^-16: a subnormal result */
    assert_true(SUM(MAC_WIDE, 0, INFINITY, -INFINITY) == 0);
    assert_true(SUM(MAC_WIDE, 0, INFINITY) == INFINITY);
    float inf = INFINITY, zero = -0.0f, one = 1;
    assert_true(dot(MAC_WIDE, &inf, &zero, 1, 0) == 0);
    float y = dot(MAC_WIDE, &zero, &one, 1, -0.0f);
    assert_true(y == 0 && !signbit(y));
    assert_true(SUM(MAC_WIDE, 32752, 16384) == 49152); /* the bias has the range of a half */
}

/* --- the literal models --- */

/* x = m * 2^e; exponent 31 is one like the others, 0 counts as -14 */
static void take_apart(float x, int64_t *m, int *e) {
    uint16_t h = half_bits(x);
    int field = h >> 10 & 31, fraction = h & 1023;
    *m = field ? fraction + 1024 : fraction;
    *m = h >> 15 ? -*m : *m;
    *e = (field ? field : 1) - 15;
}

/* n / 2^shift, ties away from zero */
static int64_t divide(int64_t n, int shift) {
    int64_t size = n < 0 ? -n : n;
    size = shift > 62  ? 0
           : shift > 0 ? (size + ((int64_t)1 << (shift - 1))) >> shift
                       : size << -shift;
    return n < 0 ? -size : size;
}

static bool broken(int64_t sum) {
    return sum >= (int64_t)1 << 31 || sum <= -((int64_t)1 << 31);
}

static float literal_fixed(const float *a, size_t a_step, const float *b, size_t b_step, size_t k,
                           float bias) {
    int64_t m, n;
    int e, f;
    take_apart(bias, &m, &e);
    int64_t sum = divide(m, -(e - 10 + 16));
    for (size_t i = 0; i < k && !broken(sum); i++) {
        take_apart(a[i * a_step], &m, &e);
        take_apart(b[i * b_step], &n, &f);
        sum += e + f >= -16 ? divide(m * n, -(e + f - 20 + 16)) : 0;
    }
    if (broken(sum)) {
        return sum < 0 ? -INFINITY : INFINITY;
    }
    int bits = 0;
    while (((sum < 0 ? -sum : sum) >> bits) != 0) {
        bits++;
    }
    int drop = bits > 11 ? bits - 11 : 0;
    return (float)ldexp((double)divide(sum, drop), drop - 16);
}

static double round_to(double x, int bits) {
    int e;
    double m = frexp(x, &e);
    return isinf(x) ? x : ldexp(rint(ldexp(m, bits)), e - bits);
}

static double guard(double x, double limit) {
    return fabs(x) < limit ? x : x < 0 ? -INFINITY : INFINITY;
}

static double no_nan(double x) {
    return isnan(x) ? 0 : x;
}

static double no_subnormal(double x) {
    return fabs(x) < 0x1p-14 ? 0 : x;
}

static float literal_wide(const float *a, size_t a_step, const float *b, size_t b_step, size_t k,
                          float bias) {
    double sum = 0;
    for (size_t i = 0; i < k; i += 4) {
        double tile = 0;
        for (size_t l = i; l < i + 4 && l < k; l++) {
            double x = no_subnormal((double)a[l * a_step]), y = no_subnormal((double)b[l * b_step]);
            double p = no_nan(x * y), size = fmax(fabs(tile), fabs(p));
            float wide = (float)no_nan(tile + p); /* a sum of 24 bits, then on a grid */
            int e;
            frexp(size, &e);
            double grid = size > 0 && !isinf(size) ? ldexp(1, e - 12) : 1;
            tile = guard(rint((double)wide / grid) * grid, 0x1p15);
        }
        sum = fabs(sum) < 0x1p15 ? sum + tile : sum;
    }
    sum = guard(sum, 0x1p15);
    double half = fabs(sum) < 0x1p-14 ? rint(sum * 0x1p24) * 0x1p-24 : round_to(sum, 11);
    float y = (float)no_subnormal(guard(half, 0x1p15));
    return half_round((float)no_nan((double)y + (double)bias)) + 0.0f;
}

/* --- random products against them --- */

typedef struct random_source {
    uint64_t state;
    int least, most; /* exponents, biased as in a half */
} random_source;

static uint32_t next(random_source *r) {
    r->state = r->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(r->state >> 33);
}

static float random_half(random_source *r) {
    uint32_t exponent = (uint32_t)r->least + next(r) % (uint32_t)(r->most - r->least + 1);
    uint32_t h = (next(r) & 1u) << 15 | exponent << 10 | (next(r) & 1023u);
    return half_float((uint16_t)(exponent == 31 ? h & 0xFC00u : h));
}

static float *random_halves(random_source *r, size_t n) {
    float *x = malloc(n * sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < n; i++) {
        x[i] = random_half(r);
    }
    return x;
}

static void compare(gemm g, random_source *r, anet_pool *pool) {
    size_t a_rows = g.transpose_a ? g.k : g.m, b_rows = g.transpose_b ? g.n : g.k;
    size_t a_step = g.transpose_a ? g.lda : 1, b_step = g.transpose_b ? 1 : g.ldb;
    float *a = random_halves(r, a_rows * g.lda), *b = random_halves(r, b_rows * g.ldb);
    float *c = random_halves(r, g.m * g.ldc), *old = malloc(g.m * g.ldc * sizeof *old);
    assert_non_null(old);
    memcpy(old, c, g.m * g.ldc * sizeof *old);
    g.a = a;
    g.b = b;
    g.c = c;
    gemm_parallel(pool, &g);
    for (size_t i = 0; i < g.m; i++) {
        for (size_t j = 0; j < g.ldc; j++) {
            size_t at = i * g.ldc + j;
            const float *x = a + (g.transpose_a ? i : i * g.lda);
            const float *y = b + (g.transpose_b ? j * g.ldb : j);
            float bias = g.beta != 0.0f ? old[at] : 0.0f;
            float want = j >= g.n             ? old[at]
                         : g.mac == MAC_FIXED ? literal_fixed(x, a_step, y, b_step, g.k, bias)
                                              : literal_wide(x, a_step, y, b_step, g.k, bias);
            if (c[at] != want || signbit(c[at]) != signbit(want)) {
                fail_msg("mac %d, %zux%zux%zu: element %zu %zu is %g, not %g", (int)g.mac, g.m, g.n,
                         g.k, i, j, (double)c[at], (double)want);
            }
        }
    }
    free(a);
    free(b);
    free(c);
    free(old);
}

static void test_against_literal_models(void **state) {
    (void)state;
    static const size_t sizes[][3] = {{1, 1, 1},   {1, 70, 33},   {70, 1, 5},   {3, 5, 300},
                                      {66, 65, 8}, {17, 130, 64}, {2, 64, 700}, {5, 3, 0}};
    /* small, wild with infinities, on the brink of overflow, mostly lost */
    static const int ranges[][2] = {{8, 16}, {0, 31}, {16, 24}, {0, 12}};
    anet_pool *pool = pool_new(2);
    random_source r = {.state = 1};
    for (size_t i = 0; i < 8 * 4 * 16; i++) {
        const size_t *size = sizes[i % 8];
        r.least = ranges[i / 8 % 4][0];
        r.most = ranges[i / 8 % 4][1];
        gemm g = {.m = size[0], .n = size[1], .k = size[2], .alpha = 1};
        g.transpose_a = i >> 5 & 1;
        g.transpose_b = i >> 6 & 1;
        g.beta = i >> 7 & 1 ? 1.0f : 0.0f;
        g.mac = i >> 8 & 1 ? MAC_FIXED : MAC_WIDE;
        g.lda = (g.transpose_a ? g.m : g.k) + 1;
        g.ldb = (g.transpose_b ? g.k : g.n) + 2;
        g.ldc = g.n + 3;
        compare(g, &r, pool);
    }
    pool_free(pool);
}

/* --- what is counted --- */

static void test_counts(void **state) {
    (void)state;
    host_report *report = host_report_new();
    host_report_at(report, 7);
    host_tally *t = host_report_tally(report, "kernel", "matmul", "y");
    /* row 0: 2 + 0.5 units and one product lost; row 1: overflow */
    float a[] = {0x1p-8f, 0x1p-9f, 0, 256, 256, 256}, b[] = {0x1p-7f, 0x1p-8f, 3};
    float big[] = {100, 100, 3}, c[2];
    gemm g = {.m = 1, .n = 1, .k = 3, .alpha = 1, .a = a, .b = b, .c = c};
    g.lda = 3;
    g.ldb = g.ldc = 1;
    g.mac = MAC_FIXED;
    g.tally = t;
    gemm_piece(&g, 1, 0);
    assert_true(c[0] == 0x1p-15f);
    assert_int_equal(host_report_total(report, TALLY_DROPPED), 1);
    assert_int_equal(host_report_products(report), 2);
    assert_int_equal(host_report_total(report, TALLY_SUM_OVERFLOW), 0);
    host_report_at(report, 9);
    g.a = a + 3;
    g.b = big;
    gemm_piece(&g, 1, 0);
    assert_int_equal(host_report_total(report, TALLY_SUM_OVERFLOW), 1);
    float small[] = {0x1p-15f, 0x1p-8f, 0}, other[] = {1, 0x1p-7f, 0x1p-20f};
    g.a = small;
    g.b = other;
    g.mac = MAC_WIDE;
    gemm_piece(&g, 1, 0);
    assert_true(c[0] == 0); /* a subnormal factor; what is left, 2^-15, is flushed */
    assert_int_equal(host_report_total(report, TALLY_DROPPED), 2);
    assert_int_equal(host_report_products(report), 7);
    assert_int_equal(host_report_total(report, TALLY_FLUSHED), 1);
    text line = {0};
    assert_true(host_report_news(report, "step", &line));
    assert_string_equal(line.at, "step 9: kernel: matmul 'y': a sum of products reached 32768, so "
                                 "it is infinite\n");
    assert_false(host_report_news(report, "step", &line));
    line.len = 0;
    host_report_print(report, "step", &line);
    assert_non_null(strstr(line.at, "kernel: matmul 'y'\n"));
    assert_non_null(strstr(line.at, "since step 7\n"));
    assert_non_null(strstr(line.at, "since step 9\n"));
    text_free(&line);
    host_report_free(report);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_bias),
        cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_small_beside_large),
        cmocka_unit_test(test_dropped_products),
        cmocka_unit_test(test_infinite_operands),
        cmocka_unit_test(test_wide_tiles),
        cmocka_unit_test(test_survivors),
        cmocka_unit_test(test_wide_ceiling),
        cmocka_unit_test(test_wide_results),
        cmocka_unit_test(test_against_literal_models),
        cmocka_unit_test(test_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
