/* faults.c: see faults.h. */
#include "faults.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum argument { CALLS, TIME, WORD, FLAG } argument;

static const struct {
    const char *name;
    argument argument;
} kinds[FAULTS] = {
#define FAULT(id, name, argument) [FAULT_##id] = {name, argument},
#include "faults.def"
};

typedef struct plan {
    bool wanted, onwards;
    long number; /* which call, or milliseconds */
    sim_failure failure;
    char word[32];
    long seen;
} plan;

static plan plans[FAULTS];
static pthread_mutex_t counting = PTHREAD_MUTEX_INITIALIZER;

static void read_argument(plan *p, argument kind, const char *from, size_t n, const char *item) {
    char text[64], *end = text;
    snprintf(text, sizeof text, "%.*s", (int)n, from);
    if (kind == WORD) {
        snprintf(p->word, sizeof p->word, "%.31s", text);
        return;
    }
    p->number = strtol(text, &end, 10);
    if (kind == TIME) {
        end += strcmp(end, "ms") == 0 ? 2 : 0;
    } else if (kind == CALLS) {
        p->onwards = *end == '+';
        end += p->onwards;
        if (*end == '=') {
            p->failure = sim_failure_named(end + 1, strlen(end + 1));
            end += p->failure ? strlen(end) : 0;
        }
    }
    if (*end || p->number < 1) {
        sim_fatal("ANE_SIM_FAULT: '%s' is not understood", item);
    }
}

static void read_item(const char *item, size_t n) {
    const char *colon = memchr(item, ':', n);
    size_t name = colon ? (size_t)(colon - item) : n;
    char whole[80];
    snprintf(whole, sizeof whole, "%.*s", (int)n, item);
    for (int i = 0; i < FAULTS; i++) {
        if (strlen(kinds[i].name) == name && memcmp(kinds[i].name, item, name) == 0) {
            plans[i].wanted = true;
            plans[i].number = 1;
            if (colon) {
                read_argument(&plans[i], kinds[i].argument, colon + 1, n - name - 1, whole);
            }
            return;
        }
    }
    sim_fatal("ANE_SIM_FAULT: there is no fault '%s'", whole);
}

__attribute__((constructor(102))) static void read_faults(void) {
    const char *at = getenv("ANE_SIM_FAULT");
    while (at && *at) {
        size_t n = strcspn(at, ",");
        read_item(at, n);
        at += n + (at[n] == ',');
    }
}

bool sim_fault_now(sim_fault fault) {
    plan *p = &plans[fault];
    pthread_mutex_lock(&counting);
    long seen = ++p->seen;
    pthread_mutex_unlock(&counting);
    bool now = p->wanted && (seen == p->number || (p->onwards && seen > p->number));
    if (now) {
        sim_note("fault: %s, call %ld", kinds[fault].name, seen);
    }
    return now;
}

sim_failure sim_fault_failure(sim_fault fault, sim_failure usual) {
    return plans[fault].failure ? plans[fault].failure : usual;
}

long sim_fault_ms(sim_fault fault) {
    return plans[fault].wanted ? plans[fault].number : 0;
}

const char *sim_fault_word(sim_fault fault) {
    return plans[fault].word;
}
