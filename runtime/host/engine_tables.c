/* engine_tables.c: the strips of functions that the engine computes in its own way, and which of
 * them stands in for which.
 *
 * What is known are the tables' domains and steps, for most their content, and the largest errors.
 * Sources differ on sigmoid: M1 was seen with the domain [-9.94, 8.32], M4 and M6 with [-8, 8];
 * each has its own table here. Another says that the ends of a table are held beyond it, but M1's
 * tanh, erf and sigmoid of infinity were measured as 1, and M4's tanh jumps at 4: so beyond a table
 * a function is what it tends to. softplus and softsign have no published table: they are exact but
 * for infinity. So are atan and the other functions that stand in no row here. */
#include "host/engine_tables.h"

#include "host/strip_loops.h"

UNARY(engine_strip_sigmoid, engine_sigmoid(v))
UNARY(engine_strip_sigmoid_m1, engine_sigmoid_m1(v))
UNARY(engine_strip_tanh, engine_tanh(v))
UNARY(engine_strip_scaled_tanh, p *engine_tanh(half_round(q *v)))
UNARY(engine_strip_erf, engine_erf(v))
UNARY(engine_strip_gelu, engine_gelu(v))
UNARY(engine_strip_silu, engine_silu(v))
UNARY(engine_strip_sin, engine_sine(v, 0))
UNARY(engine_strip_cos, engine_sine(v, 1))
UNARY(engine_strip_exp, engine_exp(v, true))
UNARY(engine_strip_exp_m1, engine_exp(v, false))
UNARY(engine_strip_exp2, engine_exp2(v))
UNARY(engine_strip_log, engine_log(v + half_round(p), true))
UNARY(engine_strip_log_m1, engine_log(v + half_round(p), false))
UNARY(engine_strip_sqrt, engine_sqrt(v))
UNARY(engine_strip_rsqrt, engine_rsqrt(v + half_round(p)))
UNARY(engine_strip_inverse, engine_inverse(v + half_round(p)))
UNARY(engine_strip_crop, engine_crop(v))
UNARY(without_infinity, v == INFINITY ? 0.0f : v)
BINARY(engine_strip_div, v / (w + 0.0f)) /* 1 / -0 is +infinity */

void engine_strip_softplus(const strip *s) {
    strip_softplus(s);
    strip again = *s;
    again.x[0] = s->out;
    without_infinity(&again);
}

typedef struct stand_in {
    strip_fn *usual, *m1, *m4;
    float low, high; /* operands beyond are off the table */
} stand_in;

#define BOTH(fn) fn, fn

static const stand_in table[] = {
    {strip_sigmoid, engine_strip_sigmoid_m1, engine_strip_sigmoid, -8, 8},
    {strip_tanh, BOTH(engine_strip_tanh), -4, 4},
    {strip_scaled_tanh, BOTH(engine_strip_scaled_tanh), -INFINITY, INFINITY},
    {strip_erf, BOTH(engine_strip_erf), -2, 2},
    {strip_gelu, BOTH(engine_strip_gelu), -4, 4},
    {strip_gelu_tanh, BOTH(engine_strip_gelu), -4, 4}, /* measured to be the same table */
    {strip_silu, BOTH(engine_strip_silu), -8, 8},
    {strip_sin, BOTH(engine_strip_sin), -INFINITY, INFINITY},
    {strip_cos, BOTH(engine_strip_cos), -INFINITY, INFINITY},
    {strip_exp, engine_strip_exp_m1, engine_strip_exp, -INFINITY, 11.09f},
    {strip_exp2, BOTH(engine_strip_exp2), -INFINITY, 15.99f},
    {strip_log, engine_strip_log_m1, engine_strip_log, 0x1p-24f, INFINITY},
    {strip_sqrt, BOTH(engine_strip_sqrt), 0, INFINITY},
    {strip_rsqrt, BOTH(engine_strip_rsqrt), 0, INFINITY},
    {strip_inverse, BOTH(engine_strip_inverse), -INFINITY, INFINITY},
    {strip_div, BOTH(engine_strip_div), -INFINITY, INFINITY},
    {strip_softplus, BOTH(engine_strip_softplus), -INFINITY, INFINITY},
};

enum { ROWS = sizeof table / sizeof *table };

strip_fn *host_engine_strip(anet_numerics mode, strip_fn *usual) {
    host_tables tables = host_numerics_of(mode)->tables;
    for (int i = 0; i < ROWS && tables; i++) {
        if (table[i].usual == usual) {
            return tables == TABLES_M1 ? table[i].m1 : table[i].m4;
        }
    }
    return usual;
}

bool host_engine_domain(strip_fn *fn, float *low, float *high) {
    for (int i = 0; i < ROWS; i++) {
        if (table[i].m1 == fn || table[i].m4 == fn) {
            *low = table[i].low;
            *high = table[i].high;
            return true;
        }
    }
    return false;
}
