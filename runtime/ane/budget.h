/* budget.h: how many programs this process may still have compiled. Apple's compiler fails after
 * about 119 compiles of a process, and does not say why (ane-facts section 1.3). */
#ifndef ANET_ANE_BUDGET_H
#define ANET_ANE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

enum { ANE_BUDGET = 100 }; /* below what anyone has seen fail */

/* Counts one compile, if the budget allows it. Those that fail count as well. */
bool ane_budget_take(int64_t budget);
int64_t ane_budget_used(void);
int64_t ane_budget_left(int64_t budget); /* at least 0 */

#endif
