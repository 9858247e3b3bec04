#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/half.h"

#include <math.h>

/* The nearest half by search over the definition, in double. */
static double nearest_half(double x) {
    if (isnan(x) || isinf(x) || x == 0) {
        return x;
    }
    int e;
    frexp(fabs(x), &e);
    int quantum = e - 11 > -24 ? e - 11 : -24;
    double units = ldexp(x, -quantum), r = nearbyint(units); /* ties to even */
    double y = copysign(ldexp(r, quantum), x);
    return fabs(y) > 65504 ? copysign(INFINITY, x) : y;
}

static void check(float x) {
    float got = half_round(x), want = (float)nearest_half(x);
    if (isnan(want)) {
        assert_true(isnan(got));
        return;
    }
    if (float_bits(got) != float_bits(want)) {
        fail_msg("half_round(%a) = %a, not %a", (double)x, (double)got, (double)want);
    }
}

static void test_rounding(void **state) {
    (void)state;
    for (uint64_t u = 0; u <= UINT32_MAX; u += 997) {
        check(bits_float((uint32_t)u));
    }
    for (uint32_t h = 0; h < 0x7C00; h++) { /* every half, its middle to the next, and around */
        float a = half_float((uint16_t)h), b = h == 0x7BFF ? 65536 : half_float((uint16_t)(h + 1));
        float middle = a + (b - a) / 2;
        check(a);
        check(-a);
        check(middle);
        check(-middle);
        check(nextafterf(middle, 0));
        check(nextafterf(middle, INFINITY));
    }
    check(65519.996f);
    check(65520);
    check(INFINITY);
    check(-INFINITY);
    check(NAN);
    check(-0.0f);
    check(0x1p-149f);
}

static void test_bits(void **state) {
    (void)state;
    for (uint32_t h = 0; h <= 0xFFFF; h++) {
        float x = half_float((uint16_t)h);
        if (!isnan(x)) {
            assert_int_equal(half_bits(x), h);
        }
    }
    assert_true(half_float(0x3C00) == 1.0f);
    assert_true(half_float(0x0001) == 0x1p-24f);
    assert_true(half_float(0xC000) == -2.0f);
    assert_true(isinf(half_float(0x7C00)));
    assert_true(isnan(half_float(0x7E01)));
    assert_int_equal(half_bits(NAN) & 0x7C00, 0x7C00);
    assert_int_not_equal(half_bits(NAN) & 0x3FF, 0);
    assert_int_equal(half_bits(1e30f), 0x7C00);
}

static void test_arrays(void **state) {
    (void)state;
    float in[133], out[133];
    for (size_t n = 0; n < 133; n++) {
        in[n] = (float)n * 1.2345678f - 80;
    }
    for (size_t n = 0; n < 133; n += 19) {
        half_round_all(out, in, n);
        for (size_t i = 0; i < n; i++) {
            assert_true(out[i] == half_round(in[i]));
        }
    }
    half_round_all(in, in, 133);
    half_round_all(out, in, 133);
    assert_memory_equal(in, out, sizeof in);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_arrays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
