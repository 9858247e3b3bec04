/* rules.c: `anetc mil rules`: a line for everything that check can find. */
#include "mil/tool.h"

#include <string.h>

/* Is the name one of the list "m1, m2"? */
static bool listed(const char *list, const char *name) {
    size_t n = strlen(name);
    while (*list) {
        size_t length = strcspn(list, ", ");
        if (length == n && strncmp(list, name, n) == 0) {
            return true;
        }
        list += length;
        list += strspn(list, ", ");
    }
    return false;
}

/* Without --target all; a rule of the MIL itself is for every target. Rules name chips, not their
 * architecture strings. */
static bool wanted(const tool *t, const mil_rule *r) {
    bool found = t->targets == 0 || !r->targets || strcmp(r->targets, "all") == 0;
    for (int i = 0; i < t->targets && !found; i++) {
        found = listed(r->targets, mil_target_name(mil_target_at(t->target[i]->chip - 1)));
    }
    return found;
}

static void show_json(const mil_rule *r, text *out) {
    const struct {
        const char *name, *value;
    } fields[] = {{"id", r->id},
                  {"severity", mil_severity_name(r->severity)},
                  {"title", r->title},
                  {"targets", r->targets},
                  {"symptom", r->symptom},
                  {"reason", r->reason},
                  {"workaround", r->workaround},
                  {"source", r->source}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        text_printf(out, "%s\"%s\":", i ? "," : "{", fields[i].name);
        const char *value = fields[i].value ? fields[i].value : "";
        text_json(out, value, strlen(value));
    }
    text_puts(out, "}\n");
}

static void show_text(const mil_rule *r, text *out) {
    text_printf(out, "%-6s %-8s %-22s %s\n", r->id, mil_severity_name(r->severity),
                r->targets ? r->targets : "-", r->title);
}

static void show_acceptance(const mil_acceptance *a, bool json, text *out) {
    if (!json) {
        text_printf(out, "%-36s %c %c %c %c  %s\n", a->op, a->by[0], a->by[1], a->by[2], a->by[3],
                    a->note);
        return;
    }
    text_printf(out,
                "{\"op\":\"%s\",\"m1\":\"%c\",\"m2\":\"%c\",\"m3\":\"%c\",\"m4\":\"%c\",\"note\":",
                a->op, a->by[0], a->by[1], a->by[2], a->by[3]);
    text_json(out, a->note, strlen(a->note));
    text_puts(out, "}\n");
}

anet_code tool_rules(tool *t) {
    for (int i = 0; t->ops && i < mil_acceptance_count(); i++) {
        show_acceptance(mil_acceptance_at(i), t->json, &t->out);
    }
    for (int i = 0; !t->ops && i < mil_rule_count(); i++) {
        const mil_rule *r = mil_rule_at(i);
        if (wanted(t, r) && t->json) {
            show_json(r, &t->out);
        } else if (wanted(t, r)) {
            show_text(r, &t->out);
        }
    }
    return ANET_OK;
}
