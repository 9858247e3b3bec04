/* pool.c: threads that wait for two things: the loop of pool_for, which goes first, and a
 * queue of background jobs. One lock guards everything but the atomics. */
#define _GNU_SOURCE /* pthread_setaffinity_np */
#include "pool.h"

#include "base/arena.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_THREADS = 1024, SPINS = 4000, STACK = 4 << 20 };

typedef void piece_fn(void *context, size_t i);

typedef struct job {
    struct job *next;
    const void *key;
    piece_fn *body;
    size_t pieces, claimed, done;
    int *pending;
    max_align_t context[];
} job;

struct anet_pool {
    int threads; /* with the caller */
    bool spin;   /* there is a core for every thread */
    pthread_t *worker;
    pthread_mutex_t lock;
    pthread_cond_t wake, done;

    /* The loop of pool_for. A worker enters and leaves under the lock, and pool_for returns only
     * when nobody is inside: so no worker can claim a piece of one loop with the body of another.
     */
    piece_fn *body;
    void *context;
    size_t pieces;
    atomic_int inside;
    _Alignas(64) atomic_size_t next;
    _Alignas(64) atomic_uint news; /* counts what may interest a sleeping worker */

#ifdef __linux__
    bool pinned;
    cpu_set_t allowed; /* to the caller before it was pinned */
#endif
    job *first, *last; /* jobs that are not done, in order of submission */
    bool stop;
};

static void pause_cpu(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void run_loop(anet_pool *p, piece_fn *body, void *context, size_t pieces) {
    for (;;) {
        size_t i = atomic_fetch_add_explicit(&p->next, 1, memory_order_relaxed);
        if (i >= pieces) {
            return;
        }
        body(context, i);
    }
}

static bool loop_open(const anet_pool *p) {
    return p->body && atomic_load_explicit(&p->next, memory_order_relaxed) < p->pieces;
}

/* under the lock; returns under the lock */
static void join_loop(anet_pool *p) {
    piece_fn *body = p->body;
    void *context = p->context;
    size_t pieces = p->pieces;
    atomic_fetch_add_explicit(&p->inside, 1, memory_order_relaxed);
    pthread_mutex_unlock(&p->lock);
    run_loop(p, body, context, pieces);
    pthread_mutex_lock(&p->lock);
    if (atomic_fetch_sub_explicit(&p->inside, 1, memory_order_release) == 1) {
        pthread_cond_broadcast(&p->done);
    }
}

/* an earlier job of the same key is not done */
static bool key_busy(const job *first, const job *j) {
    for (const job *k = first; j->key && k != j; k = k->next) {
        if (k->key == j->key) {
            return true;
        }
    }
    return false;
}

static job *open_job(const anet_pool *p) {
    for (job *j = p->first; j; j = j->next) {
        if (j->claimed < j->pieces && !key_busy(p->first, j)) {
            return j;
        }
    }
    return NULL;
}

static void announce(anet_pool *p) {
    atomic_fetch_add_explicit(&p->news, 1, memory_order_relaxed);
    pthread_cond_broadcast(&p->wake);
}

static void remove_job(anet_pool *p, job *gone) {
    job **at = &p->first, *previous = NULL;
    while (*at != gone) {
        previous = *at;
        at = &previous->next;
    }
    *at = gone->next;
    if (p->last == gone) {
        p->last = previous;
    }
    free(gone);
}

/* one piece of background work; under the lock, returns under the lock */
static void run_piece(anet_pool *p, job *j) {
    size_t i = j->claimed++;
    pthread_mutex_unlock(&p->lock);
    j->body(j->context, i);
    pthread_mutex_lock(&p->lock);
    if (++j->done == j->pieces) {
        if (j->pending) {
            --*j->pending;
        }
        remove_job(p, j);
        pthread_cond_broadcast(&p->done);
        announce(p); /* the next job of this key may start */
    }
}

/* Loops follow each other closely, so it pays to look for a moment before sleeping. */
static void spin_for_news(anet_pool *p, unsigned seen) {
    for (int i = 0; p->spin && i < SPINS; i++) {
        if (atomic_load_explicit(&p->news, memory_order_relaxed) != seen) {
            return;
        }
        pause_cpu();
    }
}

static void idle(anet_pool *p) {
    unsigned seen = atomic_load_explicit(&p->news, memory_order_relaxed);
    pthread_mutex_unlock(&p->lock);
    spin_for_news(p, seen);
    pthread_mutex_lock(&p->lock);
    while (!p->stop && atomic_load_explicit(&p->news, memory_order_relaxed) == seen) {
        pthread_cond_wait(&p->wake, &p->lock);
    }
}

static void *work(void *pool) {
    anet_pool *p = pool;
    pthread_mutex_lock(&p->lock);
    while (!p->stop) {
        job *j;
        if (loop_open(p)) {
            join_loop(p);
        } else if ((j = open_job(p)) != NULL) {
            run_piece(p, j);
        } else {
            idle(p);
        }
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

static int cores(void) {
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        return CPU_COUNT(&set);
    }
#endif
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 && n < MAX_THREADS ? (int)n : 1;
}

static int threads_wanted(int threads) {
    const char *text = getenv("ANET_THREADS");
    if (threads <= 0 && text) {
        char *end;
        long n = strtol(text, &end, 10);
        threads = *end == 0 && n > 0 && n <= MAX_THREADS ? (int)n : 0;
    }
    if (threads <= 0) {
        threads = cores();
    }
    return threads < MAX_THREADS ? threads : MAX_THREADS;
}

#ifdef __linux__

/* ANET_PIN=1: thread i stays on the i-th core that this process may use. */
static void pin_threads(anet_pool *p) {
    const char *pin = getenv("ANET_PIN");
    if (!pin || strcmp(pin, "1") != 0 || sched_getaffinity(0, sizeof p->allowed, &p->allowed) ||
        CPU_COUNT(&p->allowed) < p->threads) {
        return;
    }
    int thread = 0;
    for (size_t core = 0; core < CPU_SETSIZE && thread < p->threads; core++) {
        if (CPU_ISSET(core, &p->allowed)) {
            cpu_set_t one;
            CPU_ZERO(&one);
            CPU_SET(core, &one);
            pthread_t t = thread == 0 ? pthread_self() : p->worker[thread - 1];
            pthread_setaffinity_np(t, sizeof one, &one);
            thread++;
        }
    }
    p->pinned = true;
}

/* else the next pool would find one core only */
static void unpin_caller(const anet_pool *p) {
    if (p->pinned) {
        pthread_setaffinity_np(pthread_self(), sizeof p->allowed, &p->allowed);
    }
}

#else

static void pin_threads(anet_pool *p) {
    (void)p;
}

static void unpin_caller(const anet_pool *p) {
    (void)p;
}

#endif

/* Workers leave signals to the caller. The stack is set because some C libraries give little. */
static void start_workers(anet_pool *p, int wanted) {
    sigset_t all, old;
    pthread_attr_t attributes;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    p->threads = 1;
    while (p->threads < wanted &&
           pthread_create(&p->worker[p->threads - 1], &attributes, work, p) == 0) {
        p->threads++;
    }
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

anet_pool *pool_new(int threads) {
    void *memory = NULL; /* anet_calloc does not align to a cache line */
    if (posix_memalign(&memory, _Alignof(anet_pool), sizeof(anet_pool))) {
        anet_out_of_memory();
    }
    anet_pool *p = memset(memory, 0, sizeof *p);
    atomic_init(&p->next, 0);
    atomic_init(&p->news, 0);
    atomic_init(&p->inside, 0);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    pthread_cond_init(&p->done, NULL);
    int wanted = threads_wanted(threads);
    p->worker = anet_calloc((size_t)wanted, sizeof *p->worker);
    p->spin = wanted <= cores();
    start_workers(p, wanted);
    pin_threads(p);
    return p;
}

void pool_free(anet_pool *p) {
    if (!p) {
        return;
    }
    pool_wait(p, NULL);
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    announce(p);
    pthread_mutex_unlock(&p->lock);
    for (int i = 1; i < p->threads; i++) {
        pthread_join(p->worker[i - 1], NULL);
    }
    unpin_caller(p);
    pthread_cond_destroy(&p->done);
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
    free(p->worker);
    free(p);
}

int pool_threads(const anet_pool *p) {
    return p ? p->threads : 1;
}

/* The last pieces end at about the same time: look for a moment before sleeping. */
static void wait_until_left(anet_pool *p) {
    for (int i = 0; p->spin && i < SPINS; i++) {
        if (atomic_load_explicit(&p->inside, memory_order_acquire) == 0) {
            return;
        }
        pause_cpu();
    }
    pthread_mutex_lock(&p->lock);
    while (atomic_load_explicit(&p->inside, memory_order_acquire) > 0) {
        pthread_cond_wait(&p->done, &p->lock);
    }
    pthread_mutex_unlock(&p->lock);
}

void pool_for(anet_pool *p, size_t n, void (*body)(void *context, size_t i), void *context) {
    if (pool_threads(p) == 1 || n <= 1) {
        for (size_t i = 0; i < n; i++) {
            body(context, i);
        }
        return;
    }
    pthread_mutex_lock(&p->lock);
    p->body = body;
    p->context = context;
    p->pieces = n;
    atomic_store_explicit(&p->next, 0, memory_order_relaxed);
    announce(p);
    pthread_mutex_unlock(&p->lock);
    run_loop(p, body, context, n);
    pthread_mutex_lock(&p->lock);
    p->body = NULL;
    pthread_mutex_unlock(&p->lock);
    wait_until_left(p);
}

void pool_submit(anet_pool *p, const void *key, size_t pieces,
                 void (*body)(void *context, size_t i), const void *context, size_t size,
                 int *pending) {
    if (pieces == 0) {
        return;
    }
    if (size > SIZE_MAX - sizeof(job)) {
        anet_out_of_memory();
    }
    job *j = anet_calloc(1, sizeof *j + size);
    j->key = key;
    j->body = body;
    j->pieces = pieces;
    j->pending = pending;
    if (size) {
        memcpy(j->context, context, size);
    }
    pthread_mutex_lock(&p->lock);
    if (pending) {
        ++*pending;
    }
    *(p->last ? &p->last->next : &p->first) = j;
    p->last = j;
    announce(p);
    pthread_mutex_unlock(&p->lock);
}

void pool_wait(anet_pool *p, int *pending) {
    pthread_mutex_lock(&p->lock);
    while (pending ? *pending > 0 : p->first != NULL) {
        job *j = open_job(p);
        if (j) {
            run_piece(p, j);
        } else {
            pthread_cond_wait(&p->done, &p->lock);
        }
    }
    pthread_mutex_unlock(&p->lock);
}
