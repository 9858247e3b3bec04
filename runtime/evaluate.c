/* evaluate.c: the command `eval` */
#include "session.h"

#include <math.h>
#include <stdio.h>

anet_code command_eval(session *s, anet_error *err) {
    const char *weights_path;
    tokens *data;
    if (cli_require(s->cli, OPT_INIT, &weights_path, err) ||
        session_data(s, OPT_DATA, &data, err)) {
        return err->code;
    }
    double loss = 0;
    uint64_t counted = 0;
    if (!session_load(s, err) && !session_open_runner(s, false, err)) {
        session_evaluate(s, data, &loss, &counted, err);
        session_report_print(s);
    }
    tokens_close(data);
    if (err->code) {
        return err->code;
    }
    if (!isfinite(loss)) {
        return anet_fail(err, ANET_FAILED, "the loss of %s is not finite; try --numerics fp32",
                         weights_path);
    }
    if (cli_flag(s->cli, OPT_JSON)) {
        printf("{\"loss\":%.12g,\"perplexity\":%.12g,\"tokens\":%llu}\n", loss, exp(loss),
               (unsigned long long)counted);
    } else {
        printf("loss %.4f  perplexity %.2f  tokens %llu\n", loss, exp(loss),
               (unsigned long long)counted);
    }
    return cli_flush(err);
}
