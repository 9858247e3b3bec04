/* budget.c: see budget.h. */
#include "ane/budget.h"

#include <stdatomic.h>

/* Of the process and not of a device, since so is Apple's limit: a second device, or one that was
 * closed before, has used compiles of the same 119. */
static _Atomic int64_t used;

bool ane_budget_take(int64_t budget) {
    int64_t now = atomic_load(&used);
    while (now < budget && !atomic_compare_exchange_weak(&used, &now, now + 1)) {
    }
    return now < budget;
}

int64_t ane_budget_used(void) {
    return atomic_load(&used);
}

int64_t ane_budget_left(int64_t budget) {
    int64_t now = atomic_load(&used);
    return now < budget ? budget - now : 0;
}
