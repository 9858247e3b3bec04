/* evaluate.c: one run of a loaded program on surfaces, by the host's kernels in the chip's own
 * arithmetic. */
#include "chip.h"
#include "faults.h"
#include "host/numerics.h"
#include "host/program.h"
#include "program.h"
#include "surfaces.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The driver has one command under way at a time; and the pool serves one at a time. */
static struct {
    pthread_mutex_t lock;
    anet_pool *pool;
} engine = {.lock = PTHREAD_MUTEX_INITIALIZER};

__attribute__((destructor)) static void stop_engine(void) {
    pool_free(engine.pool);
}

static void start_engine(void) {
    long threads = sim_setting("ANE_SIM_THREADS", 1);
    if (!engine.pool && threads > 1) {
        engine.pool = pool_new((int)threads);
    }
}

bool sim_surface_suits(const sim_slot *slot, const sim_bound *b) {
    const sim_chip *chip = sim_chip_now();
    size_t size = sim_surface_size(b->surface);
    long smallest = sim_setting("ANE_SIM_SMALLEST", chip->smallest);
    if (b->offset > size || size - b->offset < slot->layout.bytes || size < (size_t)smallest) {
        sim_note("the surface for %s has %zu bytes; it needs %zu, and at least %ld", slot->name,
                 size, slot->layout.bytes, smallest);
        return false;
    }
    if (size % (size_t)chip->multiple) {
        sim_note("the surface for %s has %zu bytes, no multiple of %ld", slot->name, size,
                 chip->multiple);
        return false;
    }
    return true;
}

bool sim_surfaces_fit(const sim_bound *b, int n, bool inputs) {
    const char *policy = getenv("ANE_SIM_SIZES");
    bool equal = policy && strcmp(policy, "equal") == 0,
         ascending = policy && strcmp(policy, "ascending") == 0;
    if (policy && !equal && !ascending && strcmp(policy, "any") != 0) {
        sim_fatal("ANE_SIM_SIZES=%s: any, equal or ascending", policy);
    }
    for (int i = 1; i < n; i++) {
        size_t before = sim_surface_size(b[i - 1].surface), size = sim_surface_size(b[i].surface);
        if ((equal && size != before) || (ascending && (inputs ? size <= before : size > before))) {
            sim_note("%s %d has %zu bytes, the one before it %zu", inputs ? "input" : "output", i,
                     size, before);
            return false;
        }
    }
    return true;
}

static void nap(long ms) {
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* What comes in is taken as the engine takes it: NaN as infinity. */
static void take(sim_program *p, const sim_slot *slot, const sim_bound *b) {
    float *words = p->words_in[slot->port];
    const unsigned char *surface = sim_surface_open(b->surface);
    sim_unpack(&slot->layout, surface + b->offset, words);
    sim_surface_close(b->surface);
    if (mil_is_float(slot->layout.dtype)) {
        host_rounding how = host_numerics_of(sim_chip_now()->numerics)->round;
        host_accept_all(how, words, words, p->host->input[slot->port].elements, NULL, NULL);
    }
}

static void give(const sim_program *p, const sim_slot *slot, const sim_bound *b) {
    unsigned char *surface = sim_surface_open(b->surface);
    sim_pack(&slot->layout, p->words_out[slot->port], surface + b->offset);
    sim_surface_close(b->surface);
}

/* --- faults of the data --- */

static void clear(float *words, size_t n) {
    memset(words, 0, n * sizeof *words);
}

static void spoil_inputs(sim_program *p) {
    if (sim_fault_now(FAULT_IGNORE) && p->ins > 1) {
        int last = p->in[p->ins - 1].port;
        clear(p->words_in[last], p->host->input[last].elements);
    }
    if (sim_fault_now(FAULT_SWAP) && p->ins > 1) {
        int a = p->in[0].port, b = p->in[1].port;
        size_t n = p->host->input[a].elements, m = p->host->input[b].elements;
        n = n < m ? n : m;
        for (size_t i = 0; i < n; i++) {
            float x = p->words_in[a][i];
            p->words_in[a][i] = p->words_in[b][i];
            p->words_in[b][i] = x;
        }
    }
}

static void spoil_outputs(sim_program *p) {
    bool zeros = sim_fault_now(FAULT_ZEROS), wrong = sim_fault_now(FAULT_WRONG);
    for (int i = 0; i < p->outs; i++) {
        int port = p->out[i].port;
        if (zeros) {
            clear(p->words_out[port], p->host->output[port].elements);
        }
        if (wrong) {
            p->words_out[port][p->host->output[port].elements / 2] += 1.0f;
        }
    }
}

/* --- */

static void run(sim_program *p, const sim_bound *in, const sim_bound *out) {
    anet_error err = {0};
    for (int i = 0; i < p->ins; i++) {
        take(p, &p->in[i], &in[i]);
    }
    spoil_inputs(p);
    if (host_execute(p->host, p->words_in, p->words_out, p->workspace, engine.pool, &err)) {
        sim_fatal("the host device cannot run it: %s", err.message);
    }
    spoil_outputs(p);
    bool stale = sim_fault_now(FAULT_STALE);
    for (int i = 0; i < p->outs && !stale; i++) {
        give(p, &p->out[i], &out[i]);
    }
}

sim_failure sim_program_evaluate(sim_program *p, const sim_bound *in, const sim_bound *out) {
    if (sim_fault_now(FAULT_EVALUATE)) {
        return sim_fault_failure(FAULT_EVALUATE, FAILURE_STATUS_1D);
    }
    nap(sim_fault_ms(FAULT_SLOW));
    pthread_mutex_lock(&engine.lock);
    start_engine();
    run(p, in, out);
    pthread_mutex_unlock(&engine.lock);
    return FAILURE_NONE;
}
