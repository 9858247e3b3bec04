/* objects.h: an object runtime in the manner of Objective-C's, as small as the engine's framework
 * needs.
 *
 * Own, and not GNUstep's: here every retain, release and use is counted and checked, a freed object
 * is never reused, and a wrong message ends the test with its name.
 *
 * An object begins with a pointer to its class. Methods are C functions (self, selector, ...).
 * objc_msgSend looks the method up and jumps to it with all arguments in place. */
#ifndef ANE_SIM_OBJECTS_H
#define ANE_SIM_OBJECTS_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sim_class sim_class;
typedef const char *SEL; /* interned: equal names are equal pointers */

typedef struct sim_object {
    const sim_class *isa;
    int retains;
    unsigned state;                     /* alive or freed */
    struct sim_object *next, *previous; /* all objects but those freed long ago */
    unsigned number;                    /* for messages */
} sim_object;

typedef struct sim_method {
    const char *selector;
    void (*function)(void); /* cast to its own type by the caller */
} sim_method;

struct sim_class {
    const sim_class *isa; /* a class object is its own receiver: class methods are in `statics` */
    const char *name;
    size_t size; /* of an instance, with its sim_object */
    void (*dealloc)(void *self);
    const sim_method *methods; /* end with a NULL selector */
    const sim_method *statics;
};

#define SIM_METHOD(selector, function)                                                             \
    { selector, (void (*)(void))(function) }
#define SIM_END                                                                                    \
    { NULL, NULL }

/* Makes a class known to objc_getClass. */
void sim_register(const sim_class *c);

/* A new object with one retain, zeroed behind its head. */
void *sim_new(const sim_class *c);
/* Ends the test when the object is not alive or of another class (NULL: of any). */
void *sim_check(const void *object, const sim_class *c, const char *who);
bool sim_is(const void *object, const sim_class *c); /* false for NULL */
void *sim_retain(const void *object);
void sim_release(const void *object);      /* NULL is fine */
void *sim_autorelease(const void *object); /* needs a pool */

/* --- the ledger: what must be zero when the program ends --- */
typedef enum sim_account { /* names in objects.c */
                           SIM_OBJECTS,
                           SIM_POOLS,
                           SIM_LOCKS,
                           SIM_SURFACES,
                           SIM_FOLDERS,
                           SIM_LOADED,
                           SIM_ACCOUNTS
} sim_account;
void sim_count(sim_account account, int change);
int sim_balance(sim_account account);

/* Ends the test in a child that was forked and did not exec. */
void sim_check_process(void);

/* "ane_sim: message", then exit code 97: what a Mac would answer with a crash or silent damage */
_Noreturn void sim_fatal(const char *fmt, ...) ANET_PRINTF(1, 2);
/* an integer of the environment, at least 0 */
long sim_setting(const char *name, long fallback);

#endif
