/* objects.c: classes, messages, retain counts, pools and the ledger. */
#include "objects.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ALIVE = 0xA11FE, FREED = 0xDEAD, EXIT_FATAL = 97 };
enum { MOST_CLASSES = 64, MOST_SELECTORS = 512, REMEMBERED = 1 << 16 };

/* The real runtime is global to the process; so is this one. */
static struct {
    pthread_mutex_t lock;
    const sim_class *classes[MOST_CLASSES];
    int n_classes;
    char *selectors[MOST_SELECTORS];
    int n_selectors;
    sim_object *objects;
    unsigned made;
    sim_object *freed[REMEMBERED]; /* a ring: their memory is kept, so that a use is noticed */
    unsigned n_freed, remembered;
    pid_t process;
    int balance[SIM_ACCOUNTS];
} sim = {.lock = PTHREAD_MUTEX_INITIALIZER};

void sim_fatal(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    fputs("ane_sim: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    _exit(EXIT_FATAL);
}

long sim_setting(const char *name, long fallback) {
    const char *value = getenv(name);
    char *end;
    long x = value ? strtol(value, &end, 10) : fallback;
    if (value && (*end || end == value || x < 0)) {
        sim_fatal("%s=%s is no number", name, value);
    }
    return x;
}

__attribute__((constructor(101))) static void open_the_books(void) {
    long remembered = sim_setting("ANE_SIM_REMEMBERED", REMEMBERED);
    sim.remembered = remembered > 0 && remembered < REMEMBERED ? (unsigned)remembered : REMEMBERED;
    sim.process = getpid();
}

void sim_check_process(void) {
    if (getpid() != sim.process) {
        sim_fatal("used in a forked child: only a program begun by exec can use the engine");
    }
}

/* --- the ledger --- */

static const char *const accounts[SIM_ACCOUNTS] = {
    [SIM_OBJECTS] = "objects alive",     [SIM_POOLS] = "autorelease pools open",
    [SIM_LOCKS] = "surface locks held",  [SIM_SURFACES] = "surfaces alive",
    [SIM_FOLDERS] = "temporary folders", [SIM_LOADED] = "programs loaded"};

void sim_count(sim_account account, int change) {
    pthread_mutex_lock(&sim.lock);
    sim.balance[account] += change;
    pthread_mutex_unlock(&sim.lock);
}

int sim_balance(sim_account account) {
    pthread_mutex_lock(&sim.lock);
    int balance = sim.balance[account];
    pthread_mutex_unlock(&sim.lock);
    return balance;
}

static void list_objects(void) {
    int shown = 0;
    for (const sim_object *o = sim.objects; o && shown < 10; o = o->next) {
        if (o->state == ALIVE) {
            fprintf(stderr, "ane_sim:   %s number %u, %d retains\n", o->isa->name, o->number,
                    o->retains);
            shown++;
        }
    }
}

/* after the other destructors, which may still have something to enter */
__attribute__((destructor(101))) static void close_the_books(void) {
    bool clean = true;
    if (getpid() != sim.process) {
        return; /* a forked child's end says nothing of its parent's books */
    }
    for (int i = 0; i < SIM_ACCOUNTS; i++) {
        if (sim.balance[i]) {
            fprintf(stderr, "ane_sim: at exit: %s: %d\n", accounts[i], sim.balance[i]);
            clean = false;
        }
    }
    if (!clean) {
        list_objects();
        fflush(NULL);
        _exit(EXIT_FATAL);
    }
}

/* --- classes and selectors --- */

void sim_register(const sim_class *c) {
    if (sim.n_classes == MOST_CLASSES) {
        sim_fatal("too many classes");
    }
    sim.classes[sim.n_classes++] = c;
}

const void *objc_getClass(const char *name) {
    for (int i = 0; i < sim.n_classes; i++) {
        if (strcmp(sim.classes[i]->name, name) == 0) {
            return sim.classes[i];
        }
    }
    return NULL;
}

SEL sel_registerName(const char *name) {
    pthread_mutex_lock(&sim.lock);
    int i = 0;
    while (i < sim.n_selectors && strcmp(sim.selectors[i], name) != 0) {
        i++;
    }
    if (i == MOST_SELECTORS) {
        sim_fatal("too many selectors");
    }
    if (i == sim.n_selectors) {
        sim.selectors[sim.n_selectors++] = strdup(name);
    }
    SEL selector = sim.selectors[i];
    pthread_mutex_unlock(&sim.lock);
    return selector;
}

static bool is_interned(SEL selector) {
    for (int i = 0; i < sim.n_selectors; i++) {
        if (sim.selectors[i] == selector) {
            return true;
        }
    }
    return false;
}

static bool is_class(const void *object) {
    for (int i = 0; i < sim.n_classes; i++) {
        if (sim.classes[i] == object) {
            return true;
        }
    }
    return false;
}

/* a method that this macOS does not have, for tests */
static bool is_lacking(SEL selector) {
    const char *lacks = getenv("ANE_SIM_LACKS");
    return lacks && strcmp(lacks, selector) == 0;
}

static const sim_method *find_method(const sim_method *m, SEL selector) {
    while (m && m->selector && strcmp(m->selector, selector) != 0) {
        m++;
    }
    return m && m->selector ? m : NULL;
}

/* --- what every object understands --- */

static void *retain_message(void *self, SEL selector) {
    (void)selector;
    return sim_retain(self);
}

static void release_message(void *self, SEL selector) {
    (void)selector;
    sim_release(self);
}

static void *autorelease_message(void *self, SEL selector) {
    (void)selector;
    return sim_autorelease(self);
}

static bool responds_message(void *self, SEL selector, SEL asked) {
    (void)selector;
    const sim_class *c = is_class(self) ? self : ((sim_object *)self)->isa;
    return !is_lacking(asked) &&
           find_method(is_class(self) ? c->statics : c->methods, asked) != NULL;
}

const void *class_getClassMethod(const void *class, SEL selector) {
    const sim_class *c = class;
    return is_lacking(selector) ? NULL : find_method(c->statics, selector);
}

const void *class_getInstanceMethod(const void *class, SEL selector) {
    const sim_class *c = class;
    return is_lacking(selector) ? NULL : find_method(c->methods, selector);
}

static const sim_method common[] = {SIM_METHOD("retain", retain_message),
                                    SIM_METHOD("release", release_message),
                                    SIM_METHOD("autorelease", autorelease_message),
                                    SIM_METHOD("respondsToSelector:", responds_message), SIM_END};

/* --- messages --- */

/* called by objc_msgSend below */
__attribute__((visibility("hidden"), used)) void (*sim_look_up(const void *self,
                                                               SEL selector))(void) {
    sim_check_process();
    if (!is_interned(selector)) {
        sim_fatal("a message with a selector that was never registered");
    }
    bool to_class = is_class(self);
    const sim_class *c =
        to_class ? self : ((const sim_object *)sim_check(self, NULL, selector))->isa;
    const sim_method *m = find_method(to_class ? c->statics : c->methods, selector);
    m = m ? m : find_method(common, selector);
    if (!m) {
        sim_fatal("%c[%s %s]: unrecognized selector", to_class ? '+' : '-', c->name, selector);
    }
    return m->function;
}

/* Saves what may hold arguments, asks sim_look_up, and jumps. A message to nil gives 0. */
#if defined(__x86_64__)
__asm__(".text\n.globl objc_msgSend\n.type objc_msgSend,@function\nobjc_msgSend:\n"
        "testq %rdi,%rdi\njz 1f\n"
        "pushq %rbp\nmovq %rsp,%rbp\nsubq $192,%rsp\n"
        "movq %rdi,-8(%rbp)\nmovq %rsi,-16(%rbp)\nmovq %rdx,-24(%rbp)\nmovq %rcx,-32(%rbp)\n"
        "movq %r8,-40(%rbp)\nmovq %r9,-48(%rbp)\nmovq %rax,-56(%rbp)\n"
        "movups %xmm0,-80(%rbp)\nmovups %xmm1,-96(%rbp)\nmovups %xmm2,-112(%rbp)\n"
        "movups %xmm3,-128(%rbp)\nmovups %xmm4,-144(%rbp)\nmovups %xmm5,-160(%rbp)\n"
        "movups %xmm6,-176(%rbp)\nmovups %xmm7,-192(%rbp)\n"
        "call sim_look_up\nmovq %rax,%r11\n"
        "movq -8(%rbp),%rdi\nmovq -16(%rbp),%rsi\nmovq -24(%rbp),%rdx\nmovq -32(%rbp),%rcx\n"
        "movq -40(%rbp),%r8\nmovq -48(%rbp),%r9\nmovq -56(%rbp),%rax\n"
        "movups -80(%rbp),%xmm0\nmovups -96(%rbp),%xmm1\nmovups -112(%rbp),%xmm2\n"
        "movups -128(%rbp),%xmm3\nmovups -144(%rbp),%xmm4\nmovups -160(%rbp),%xmm5\n"
        "movups -176(%rbp),%xmm6\nmovups -192(%rbp),%xmm7\n"
        "leave\njmp *%r11\n"
        "1:\nxorl %eax,%eax\nxorl %edx,%edx\nxorps %xmm0,%xmm0\nret\n"
        ".size objc_msgSend,.-objc_msgSend\n.section .note.GNU-stack,\"\",@progbits\n.text\n");
#elif defined(__aarch64__)
__asm__(".text\n.globl objc_msgSend\n.type objc_msgSend,%function\nobjc_msgSend:\n"
        "cbz x0,1f\n"
        "stp x29,x30,[sp,#-224]!\nmov x29,sp\n"
        "stp x0,x1,[sp,#16]\nstp x2,x3,[sp,#32]\nstp x4,x5,[sp,#48]\nstp x6,x7,[sp,#64]\n"
        "str x8,[sp,#80]\n"
        "stp q0,q1,[sp,#96]\nstp q2,q3,[sp,#128]\nstp q4,q5,[sp,#160]\nstp q6,q7,[sp,#192]\n"
        "bl sim_look_up\nmov x16,x0\n"
        "ldp x0,x1,[sp,#16]\nldp x2,x3,[sp,#32]\nldp x4,x5,[sp,#48]\nldp x6,x7,[sp,#64]\n"
        "ldr x8,[sp,#80]\n"
        "ldp q0,q1,[sp,#96]\nldp q2,q3,[sp,#128]\nldp q4,q5,[sp,#160]\nldp q6,q7,[sp,#192]\n"
        "ldp x29,x30,[sp],#224\nbr x16\n"
        "1:\nmov x0,#0\nmov x1,#0\nmovi d0,#0\nret\n"
        ".size objc_msgSend,.-objc_msgSend\n");
#else
#error "objc_msgSend is written for x86-64 and arm64"
#endif

/* --- objects --- */

void *sim_new(const sim_class *c) {
    sim_object *o = calloc(1, c->size);
    if (!o) {
        sim_fatal("no memory for a %s", c->name);
    }
    o->isa = c;
    o->retains = 1;
    o->state = ALIVE;
    pthread_mutex_lock(&sim.lock);
    o->next = sim.objects;
    if (o->next) {
        o->next->previous = o;
    }
    o->number = ++sim.made;
    sim.objects = o;
    sim.balance[SIM_OBJECTS]++;
    pthread_mutex_unlock(&sim.lock);
    return o;
}

void *sim_check(const void *object, const sim_class *c, const char *who) {
    const sim_object *o = object;
    if (!o) {
        sim_fatal("%s: nil where a %s is needed", who, c ? c->name : "object");
    }
    if (o->state == FREED) {
        sim_fatal("%s: %s number %u is used after its release", who, o->isa->name, o->number);
    }
    if (o->state != ALIVE) {
        sim_fatal("%s: %p is no object", who, object);
    }
    if (c && o->isa != c) {
        sim_fatal("%s: a %s where a %s is needed", who, o->isa->name, c->name);
    }
    return (void *)(uintptr_t)object;
}

bool sim_is(const void *object, const sim_class *c) {
    return object && ((const sim_object *)sim_check(object, NULL, "isKindOfClass"))->isa == c;
}

void *sim_retain(const void *object) {
    sim_object *o = sim_check(object, NULL, "retain");
    __atomic_add_fetch(&o->retains, 1, __ATOMIC_SEQ_CST);
    return o;
}

static void unlink_object(sim_object *o) {
    *(o->previous ? &o->previous->next : &sim.objects) = o->next;
    if (o->next) {
        o->next->previous = o->previous;
    }
    free(o);
}

/* The memory stays for a while, so that a later use is noticed. */
static void bury(sim_object *o) {
    o->state = FREED;
    memset(o + 1, 0xDD, o->isa->size - sizeof *o);
    pthread_mutex_lock(&sim.lock);
    sim_object **place = &sim.freed[sim.n_freed++ % sim.remembered];
    if (*place) {
        unlink_object(*place);
    }
    *place = o;
    sim.balance[SIM_OBJECTS]--;
    pthread_mutex_unlock(&sim.lock);
}

void sim_release(const void *object) {
    if (!object) {
        return;
    }
    sim_object *o = sim_check(object, NULL, "release");
    if (__atomic_sub_fetch(&o->retains, 1, __ATOMIC_SEQ_CST) > 0) {
        return;
    }
    if (o->isa->dealloc) {
        o->isa->dealloc(o);
    }
    bury(o);
}

/* --- autorelease pools: a stack per thread --- */

typedef struct pool {
    struct pool *outer;
    const void **objects;
    size_t count, room;
} pool;

static _Thread_local pool *innermost;

void *objc_autoreleasePoolPush(void) {
    pool *p = calloc(1, sizeof *p);
    if (!p) {
        sim_fatal("no memory for a pool");
    }
    p->outer = innermost;
    innermost = p;
    sim_count(SIM_POOLS, 1);
    return p;
}

void objc_autoreleasePoolPop(void *token) {
    pool *p = innermost;
    if (!p || p != token) {
        sim_fatal("autorelease pools are popped in another order than they were pushed");
    }
    for (size_t i = p->count; i-- > 0;) {
        sim_release(p->objects[i]);
    }
    innermost = p->outer;
    free(p->objects);
    free(p);
    sim_count(SIM_POOLS, -1);
}

void *sim_autorelease(const void *object) {
    sim_object *o = sim_check(object, NULL, "autorelease");
    pool *p = innermost;
    if (!p) {
        sim_fatal("a %s is autoreleased with no pool in place: it would leak", o->isa->name);
    }
    if (p->count == p->room) {
        p->room = p->room ? 2 * p->room : 16;
        p->objects = realloc(p->objects, p->room * sizeof *p->objects);
        if (!p->objects) {
            sim_fatal("no memory for a pool");
        }
    }
    p->objects[p->count++] = o;
    return o;
}

const char *object_getClassName(const void *object) {
    return is_class(object)
               ? ((const sim_class *)object)->name
               : ((const sim_object *)sim_check(object, NULL, "class name"))->isa->name;
}
