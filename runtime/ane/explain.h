/* explain.h: the framework's errors in our words. */
#ifndef ANET_ANE_EXPLAIN_H
#define ANET_ANE_EXPLAIN_H

#include "ane/objc.h"

/* Fails with what was tried ("train_k0: compile"), what the NSError says and what that means.
 * error may be NULL: the framework then gave no reason. */
anet_code ane_explain(const ane_api *a, const char *tried, ane_id error, anet_error *err);

#endif
