/* explain.c: see explain.h. */
#include "ane/explain.h"

#include "ane/message.h"

#include <string.h>

typedef struct explanation {
    const char *part, *rule, *meaning;
} explanation;

static const explanation explanations[] = {
#define EXPLAIN(part, rule, meaning) {part, rule, meaning},
#include "ane/explain.def"
};

static const explanation *find_explanation(const char *text) {
    for (size_t i = 0; i < sizeof explanations / sizeof *explanations; i++) {
        if (strstr(text, explanations[i].part)) {
            return &explanations[i];
        }
    }
    return NULL;
}

/* how much is looked at and told of what the framework says */
enum { SAID = 4000, TOLD = 400 };

void ane_describe(const ane_api *a, ane_id object, char *to, size_t size) {
    ane_text(a, ane_send(a, object, a->selectors.description), to, size);
    size_t n = 0;
    for (const char *from = to; *from; from++) {
        bool space = (unsigned char)*from <= ' ';
        if (!space || (n && to[n - 1] != ' ')) {
            to[n++] = (char)(space ? ' ' : *from);
        }
    }
    to[n] = 0;
}

bool ane_is_refusal(const ane_api *a, ane_id error) {
    char said[SAID];
    ane_describe(a, error, said, sizeof said);
    return strstr(said, "InvalidMILProgram") != NULL;
}

anet_code ane_explain(const ane_api *a, const char *tried, ane_id error, const char *more,
                      anet_error *err) {
    char domain[100], said[SAID];
    if (!error) {
        return anet_fail(err, ANET_FAILED, "%s failed, and Apple's framework does not say why%s",
                         tried, more);
    }
    ane_text(a, ane_send(a, error, a->selectors.domain), domain, sizeof domain);
    ane_describe(a, error, said, sizeof said);
    const explanation *e = find_explanation(said);
    const char *rule = e ? e->rule : "";
    return anet_fail(err, ANET_FAILED,
                     "%s failed: %s%s%s%s%s%s (Apple's framework: %s code %ld, %.*s)%s", tried,
                     e ? e->meaning : "nothing is known about this error", *rule ? " [" : "", rule,
                     *rule ? "], see `anetc mil explain " : "", rule, *rule ? "`" : "", domain,
                     ane_ask_number(a, error, a->selectors.code), TOLD, said, more);
}
