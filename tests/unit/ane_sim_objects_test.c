/* ane_sim_objects_test.c: the object runtime of tests/ane_sim by itself: what objc_msgSend hands
 * on, retain counts, pools. It is built into the test, so that it also runs where the stand-in has
 * no BLAS to link with. */
#include "../ane_sim/objects.c"
#include "scratch.h"

typedef struct sums {
    sim_object head;
    double total;
} sums;

typedef struct pair {
    double first, second;
} pair;

void objc_msgSend(void);
static int deaths;

static void count_death(void *self) {
    (void)self;
    deaths++;
}

/* more of each kind than there are registers for; an argument's weight is its place */
static double all_kinds(void *self, SEL s, int a, long b, unsigned char c, float d, double e,
                        const void *f, uint64_t g, signed char h, double i, double j, float k,
                        double l, double m, double n, double o, float p, int q, short r) {
    (void)s;
    double sum = a + 2.0 * (double)b + 3 * c + 4 * (double)d + 5 * e + 6 * (f == self) +
                 7 * (double)g + 8 * h + 9 * i + 10 * j + 11 * (double)k + 12 * l + 13 * m +
                 14 * n + 15 * o + 16 * (double)p + 17 * q + 18 * r;
    ((sums *)self)->total += sum;
    return sum;
}

static float half_of(void *self, SEL s, float x) {
    (void)self;
    (void)s;
    return x / 2;
}

static uint64_t large(void *self, SEL s) {
    (void)self;
    (void)s;
    return UINT64_C(0xFEDCBA9876543210);
}

static bool is_odd(void *self, SEL s, int64_t x) {
    (void)self;
    (void)s;
    return x & 1;
}

static pair turned(void *self, SEL s, pair p) {
    (void)self;
    (void)s;
    return (pair){p.second, p.first};
}

static int variadic(void *self, SEL s, int n, ...) {
    (void)self;
    (void)s;
    va_list ap;
    va_start(ap, n);
    int sum = 0;
    for (int i = 0; i < n; i++) {
        sum += (int)va_arg(ap, double) * va_arg(ap, int);
    }
    va_end(ap);
    return sum;
}

static void *new_sums(void *self, SEL s) {
    (void)s;
    return sim_new(self);
}

static const sim_method methods[] = {SIM_METHOD("all:kinds:", all_kinds),
                                     SIM_METHOD("halfOf:", half_of),
                                     SIM_METHOD("large", large),
                                     SIM_METHOD("isOdd:", is_odd),
                                     SIM_METHOD("turned:", turned),
                                     SIM_METHOD("sum:", variadic),
                                     SIM_END};
static const sim_method statics[] = {SIM_METHOD("new", new_sums), SIM_END};
static const sim_class sums_class = {&sums_class, "Sums",  sizeof(sums),
                                     count_death, methods, statics};

/* through a variable: the compiler is not to see that the types differ */
static void (*volatile send)(void) = objc_msgSend;
#define SEND(type) ((type *)send)

typedef float send_half(void *, SEL, float);
typedef uint64_t send_large(void *, SEL);
typedef bool send_odd(void *, SEL, int64_t);
typedef pair send_pair(void *, SEL, pair);
typedef int send_sum(void *, SEL, int, ...);
typedef bool send_asks(const void *, SEL, SEL);
typedef void *send_new(const void *, SEL);

typedef double send_all(void *, SEL, int, long, unsigned char, float, double, const void *,
                        uint64_t, signed char, double, double, float, double, double, double,
                        double, float, int, short);

static void arguments(void **state) {
    sums *o = *state;
    SEL s = sel_registerName("all:kinds:");
    const char name[] = "all:kinds:"; /* elsewhere in memory */
    assert_ptr_equal(s, sel_registerName(name));
    double expected = all_kinds(o, s, -1, 1L << 40, 200, 0.5f, 1.25, o, UINT64_C(1) << 50, -128,
                                2.5, -3.5, 4.5f, 5.5, 6.5, 7.5, 8.5, 9.5f, 77, -300);
    double found = SEND(send_all)(o, s, -1, 1L << 40, 200, 0.5f, 1.25, o, UINT64_C(1) << 50, -128,
                                  2.5, -3.5, 4.5f, 5.5, 6.5, 7.5, 8.5, 9.5f, 77, -300);
    assert_true(found == expected && o->total == 2 * expected);
}

static void results(void **state) {
    void *o = *state;
    assert_true(SEND(send_half)(o, sel_registerName("halfOf:"), 3) == 1.5f);
    assert_true(SEND(send_large)(o, sel_registerName("large")) == UINT64_C(0xFEDCBA9876543210));
    assert_true(SEND(send_odd)(o, sel_registerName("isOdd:"), 7));
    assert_false(SEND(send_odd)(o, sel_registerName("isOdd:"), 8));
    pair p = SEND(send_pair)(o, sel_registerName("turned:"), (pair){1, 2});
    assert_true(p.first == 2 && p.second == 1);
    assert_int_equal(SEND(send_sum)(o, sel_registerName("sum:"), 2, 3.0, 4, 5.0, 6), 42);
}

static void nil_answers_nothing(void **state) {
    (void)state;
    assert_true(SEND(send_half)(NULL, sel_registerName("halfOf:"), 3) == 0);
    assert_true(SEND(send_large)(NULL, sel_registerName("large")) == 0);
}

static void classes(void **state) {
    (void)state;
    const void *c = objc_getClass("Sums");
    assert_ptr_equal(c, &sums_class);
    assert_null(objc_getClass("Sum"));
    SEL asks = sel_registerName("respondsToSelector:");
    assert_true(SEND(send_asks)(c, asks, sel_registerName("new")));
    assert_false(SEND(send_asks)(c, asks, sel_registerName("large")));
    sums *o = SEND(send_new)(c, sel_registerName("new"));
    assert_true(SEND(send_asks)(o, asks, sel_registerName("large")));
    assert_string_equal(object_getClassName(o), "Sums");
    sim_release(o);
}

static void lives(void **state) {
    (void)state;
    int alive = sim_balance(SIM_OBJECTS);
    void *outer = objc_autoreleasePoolPush();
    void *o = sim_new(&sums_class);
    deaths = 0;
    sim_retain(o);
    sim_autorelease(o);
    sim_release(o);
    assert_int_equal(deaths, 0);
    void *inner = objc_autoreleasePoolPush();
    sim_autorelease(sim_retain(o));
    objc_autoreleasePoolPop(inner);
    assert_int_equal(deaths, 0);
    objc_autoreleasePoolPop(outer);
    assert_int_equal(deaths, 1);
    assert_int_equal(sim_balance(SIM_OBJECTS), alive);
    assert_int_equal(sim_balance(SIM_POOLS), 0);
}

/* What was freed is remembered for a while only. */
static void many_objects(void **state) {
    (void)state;
    for (int i = 0; i < REMEMBERED + 1000; i++) {
        sim_release(sim_new(&sums_class));
    }
    int kept = 0;
    for (const sim_object *o = sim.objects; o; o = o->next) {
        kept++;
    }
    assert_true(kept <= REMEMBERED + sim_balance(SIM_OBJECTS));
}

static int setup(void **state) {
    sim_register(&sums_class);
    *state = sim_new(&sums_class);
    return 0;
}

static int teardown(void **state) {
    sim_release(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(arguments),
                                       cmocka_unit_test(results),
                                       cmocka_unit_test(nil_answers_nothing),
                                       cmocka_unit_test(classes),
                                       cmocka_unit_test(lives),
                                       cmocka_unit_test(many_objects)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
