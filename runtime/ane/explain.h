/* explain.h: the framework's errors in our words. */
#ifndef ANET_ANE_EXPLAIN_H
#define ANET_ANE_EXPLAIN_H

#include "ane/objc.h"

/* Fails with what was tried ("train_k0: to load it"), what the NSError says and what that means;
 * `more` is what else is known, or "". error may be NULL: the framework then gave no reason. */
anet_code ane_explain(const ane_api *a, const char *tried, ane_id error, const char *more,
                      anet_error *err);

/* What an object says of itself, on one line, cut to the buffer. */
void ane_describe(const ane_api *a, ane_id object, char *to, size_t size);

/* Does the NSError say that the program is none that the compiler reads? Else it may have been the
 * compiler's fault. */
bool ane_is_refusal(const ane_api *a, ane_id error);

#endif
