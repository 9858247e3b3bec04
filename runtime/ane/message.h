/* message.h: the messages that the device sends, one function per shape of the arguments.
 * objc_msgSend has to be called as the C function that the method is. What is returned belongs to
 * the autorelease pool, if it is an object. */
#ifndef ANET_ANE_MESSAGE_H
#define ANET_ANE_MESSAGE_H

#include "ane/objc.h"

enum { ANE_QOS = 21 }; /* QOS_CLASS_DEFAULT, what most users of the framework pass */

/* BOOL is a signed char or a bool: both fit. */
typedef unsigned char ane_bool;

static inline ane_id ane_send(const ane_api *a, ane_id to, ane_selector s) {
    return ((ane_id(*)(ane_id, ane_selector))a->objc_msgSend)(to, s);
}

static inline ane_id ane_send_1(const ane_api *a, ane_id to, ane_selector s, ane_id x) {
    return ((ane_id(*)(ane_id, ane_selector, ane_id))a->objc_msgSend)(to, s, x);
}

static inline ane_id ane_send_3(const ane_api *a, ane_id to, ane_selector s, ane_id x, ane_id y,
                                ane_id z) {
    return ((ane_id(*)(ane_id, ane_selector, ane_id, ane_id, ane_id))a->objc_msgSend)(to, s, x, y,
                                                                                      z);
}

static inline ane_id ane_send_7(const ane_api *a, ane_id to, ane_selector s, const ane_id x[7]) {
    return ((ane_id(*)(ane_id, ane_selector, ane_id, ane_id, ane_id, ane_id, ane_id, ane_id,
                       ane_id))a->objc_msgSend)(to, s, x[0], x[1], x[2], x[3], x[4], x[5], x[6]);
}

static inline bool ane_ask(const ane_api *a, ane_id to, ane_selector s) {
    return ((ane_bool(*)(ane_id, ane_selector))a->objc_msgSend)(to, s) != 0;
}

static inline bool ane_responds(const ane_api *a, ane_id to, ane_selector which) {
    return ((ane_bool(*)(ane_id, ane_selector, ane_selector))a->objc_msgSend)(
               to, a->selectors.responds, which) != 0;
}

static inline long ane_ask_number(const ane_api *a, ane_id to, ane_selector s) {
    return ((long (*)(ane_id, ane_selector))a->objc_msgSend)(to, s);
}

/* compileWithQoS:options:error:, loadWithQoS:options:error: */
static inline bool ane_prepare(const ane_api *a, ane_id model, ane_selector s, ane_id options,
                               ane_id *error) {
    return ((ane_bool(*)(ane_id, ane_selector, unsigned, ane_id, ane_id *))a->objc_msgSend)(
               model, s, ANE_QOS, options, error) != 0;
}

static inline bool ane_unload(const ane_api *a, ane_id model, ane_id *error) {
    return ((ane_bool(*)(ane_id, ane_selector, unsigned, ane_id *))a->objc_msgSend)(
               model, a->selectors.unload, ANE_QOS, error) != 0;
}

static inline bool ane_evaluate(const ane_api *a, ane_id model, ane_id options, ane_id request,
                                ane_id *error) {
    return ((ane_bool(*)(ane_id, ane_selector, unsigned, ane_id, ane_id, ane_id *))a->objc_msgSend)(
               model, a->selectors.evaluate, ANE_QOS, options, request, error) != 0;
}

#endif
