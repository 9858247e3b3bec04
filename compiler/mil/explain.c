/* explain.c: `anetc mil explain`. */
#include "mil/tool.h"

#include "usage.h"

anet_code tool_explain(tool *t) {
    anet_code code = ANET_OK;
    for (int i = 0; i < t->files && code == ANET_OK; i++) {
        if (i > 0) {
            text_putc(&t->out, '\n');
        }
        code = explain(t->file[i], &t->out, t->err);
    }
    return code;
}
