#include "abi.h"
#include "base/status.h"
#include "json.h"
#include "rng.h"
#include "safetensors.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../fixture/tiny_model.h"

/* Every test runs the whole program in a child, in a folder of its own. */
typedef struct place {
    char folder[48], back[512];
} place;

enum { MAX_ARGS = 40, MAX_TEXT = 1 << 15 };
static char out_text[MAX_TEXT], err_text[MAX_TEXT];

static void write_tokens(const char *path, size_t n) {
    FILE *out = fopen(path, "wb");
    rng r;
    rng_seed(&r, 1);
    int32_t id = 0;
    for (size_t i = 0; i < n; i++) {
        id = rng_below(&r, 4) ? (id + 3) % TINY_V : (int32_t)rng_below(&r, TINY_V);
        unsigned char bytes[2] = {(unsigned char)id, 0};
        fwrite(bytes, 1, 2, out);
    }
    fclose(out);
}

static int enter(void **state) {
    place *p = calloc(1, sizeof *p);
    *state = p;
    strcpy(p->folder, "/tmp/anet_program_XXXXXX");
    if (!getcwd(p->back, sizeof p->back) || !mkdtemp(p->folder) || chdir(p->folder)) {
        return -1;
    }
    write_tokens("data.bin", 400);
    return 0;
}

static int leave(void **state) {
    place *p = *state;
    char command[80];
    snprintf(command, sizeof command, "rm -rf %s", p->folder);
    int failed = chdir(p->back) || system(command);
    free(p);
    return failed;
}

static void slurp(const char *path, char *to) {
    FILE *in = fopen(path, "rb");
    size_t n = in ? fread(to, 1, MAX_TEXT - 1, in) : 0;
    to[n] = 0;
    if (in) {
        fclose(in);
    }
}

/* the child: what the generated main does */
static void be_program(char *line, const char *out) {
    char *argv[MAX_ARGS] = {"tiny"};
    int argc = 1;
    for (char *word = strtok(line, " "); word && argc < MAX_ARGS - 1; word = strtok(NULL, " ")) {
        argv[argc++] = word;
    }
    anet_model m = tiny_model(ANET_PLACE_ANE);
    if (!freopen(out, "wb", stdout) || !freopen("stderr.txt", "wb", stderr)) {
        _exit(99);
    }
    exit(anet_main(&m, argc, argv));
}

static pid_t start_to(const char *out, const char *line) {
    char copy[1024];
    snprintf(copy, sizeof copy, "%s", line);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        be_program(copy, out);
    }
    return child;
}

static int finish(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    slurp("stdout.txt", out_text);
    slurp("stderr.txt", err_text);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void expect(int code, const char *line) {
    int got = finish(start_to("stdout.txt", line));
    if (got != code) {
        fail_msg("`%s` gave %d instead of %d: %s", line, got, code, err_text);
    }
}

static void refused(int code, const char *line, const char *part) {
    expect(code, line);
    if (!strstr(err_text, part)) {
        fail_msg("`%s` says '%s' instead of '%s'", line, err_text, part);
    }
    assert_non_null(strchr(err_text, '\n'));
    assert_string_equal(strchr(err_text, '\n'), "\n"); /* one line */
}

static double loss_of(const char *init) {
    char line[200];
    snprintf(line, sizeof line, "eval --init %s --data data.bin --numerics fp32 --json", init);
    expect(0, line);
    double loss = NAN;
    sscanf(out_text, "{\"loss\":%lf", &loss);
    return loss;
}

static void same_files(const char *a, const char *b) {
    char command[200];
    snprintf(command, sizeof command, "cmp -s %s %s", a, b);
    assert_int_equal(system(command), 0);
}

static void test_training_lowers_the_loss(void **state) {
    (void)state;
    static const char *const numerics[] = {"fp16", "fp32"};
    for (size_t i = 0; i < 2; i++) {
        char line[300];
        snprintf(
            line, sizeof line,
            "train --data data.bin --out new.safetensors --steps 1 --lr 0 --numerics %s --seed 4",
            numerics[i]);
        expect(0, line);
        double before = loss_of("new.safetensors");
        snprintf(line, sizeof line,
                 "train --data data.bin --out t.safetensors --steps 150 --log log.jsonl --seed 4 "
                 "--numerics %s --val data.bin --eval-every 50",
                 numerics[i]);
        expect(0, line);
        assert_non_null(strstr(out_text, "step 150/150  loss "));
        assert_non_null(strstr(out_text, "step 100  val loss "));
        assert_non_null(strstr(out_text, "step 150 saved to t.safetensors"));
        double after = loss_of("t.safetensors");
        if (!(after < before - 0.5)) {
            fail_msg("%s: loss went from %g to %g", numerics[i], before, after);
        }
    }
}

static void test_log_is_json_lines(void **state) {
    (void)state;
    expect(0, "train --data data.bin --steps 5 --log log.jsonl --quiet");
    assert_string_equal(out_text, "");
    slurp("log.jsonl", out_text);
    int lines = 0;
    for (char *line = strtok(out_text, "\n"); line; line = strtok(NULL, "\n"), lines++) {
        arena *a = arena_new();
        anet_error err = {0};
        json *root;
        assert_int_equal(json_parse(a, line, strlen(line), "log", &root, &err), 0);
        int64_t step = 0, tokens = 0;
        assert_true(json_integer(json_get(root, "step"), &step) && step == lines + 1);
        assert_true(json_integer(json_get(root, "tokens"), &tokens));
        assert_int_equal(tokens, step * 2 * TINY_S);
        assert_true(json_get(root, "loss")->number > 0 && json_get(root, "lr")->number > 0);
        assert_true(json_get(root, "grad_norm")->number > 0 && json_get(root, "ms")->number > 0);
        assert_true(json_get(root, "loss_scale")->number == 64);
        assert_false(json_get(root, "skipped")->truth);
        arena_free(a);
    }
    assert_int_equal(lines, 5);
}

static void test_resume_is_exact(void **state) {
    (void)state;
    static const char *const settings[] = {"--threads 1", "--threads 2 --numerics fp32"};
    for (size_t i = 0; i < 2; i++) {
        char line[300];
        snprintf(line, sizeof line, "--data data.bin --out whole.safetensors --steps 20 %s",
                 settings[i]);
        expect(0, line);
        snprintf(line, sizeof line,
                 "--data data.bin --out parts.safetensors --steps 20 --stop-after 9 %s",
                 settings[i]);
        expect(0, line);
        snprintf(line, sizeof line, "--data data.bin --out parts.safetensors --resume %s",
                 settings[i]);
        expect(0, line);
        same_files("whole.safetensors", "parts.safetensors");
    }
}

static void test_resume_refusals(void **state) {
    (void)state;
    refused(2, "--data data.bin --resume", "--resume needs --out");
    refused(2, "--data data.bin --resume --out no.safetensors", "there is no checkpoint");
    refused(2, "--data data.bin --resume --out a.bin", "llama2.c's format");
    expect(0, "--data data.bin --out a.safetensors --steps 3 --seed 5");
    refused(2, "--data data.bin --resume --out a.safetensors", "has 3 steps already");
    refused(2, "--data data.bin --resume --out a.safetensors --steps 9 --seed 6",
            "started with --seed 5, not 6");
    refused(2, "--data data.bin --resume --out a.safetensors --init a.safetensors --steps 9",
            "cannot be combined");
    expect(0, "--data data.bin --resume --out a.safetensors --steps 9");
    expect(0, "grad --tokens 1_2 --out g.safetensors --help");
    expect(0, "grad --data data.bin --out g.safetensors");
    refused(1, "--data data.bin --resume --out g.safetensors", "holds no training state");
}

static void test_interrupt_saves(void **state) {
    (void)state;
    static const int signals[] = {SIGINT, SIGTERM};
    for (size_t i = 0; i < 2; i++) {
        pid_t child =
            start_to("stdout.txt", "--data data.bin --out i.safetensors --steps 100000000");
        for (int tries = 0; tries < 500; tries++) { /* until it trains */
            nanosleep(&(struct timespec){0, 10000000}, NULL);
            slurp("stdout.txt", out_text);
            if (strstr(out_text, "step 10/")) {
                break;
            }
        }
        kill(child, signals[i]);
        assert_int_equal(finish(child), 130);
        assert_non_null(strstr(err_text, "the same command with --resume"));
        long long step = 0;
        sscanf(strstr(err_text, "after step"), "after step %lld", &step);
        assert_true(step >= 10);
        char line[120];
        snprintf(line, sizeof line,
                 "--data data.bin --out i.safetensors --resume --stop-after %lld", step + 2);
        expect(0, line);
        assert_non_null(strstr(out_text, "saved to i.safetensors"));
        unlink("i.safetensors");
    }
}

static void test_gradients_that_never_are_finite(void **state) {
    (void)state;
    expect(0, "--data data.bin --out a.safetensors --steps 1 --numerics fp32");
    /* weights beyond half: logits become infinite in fp16, and no scale can help */
    refused(3,
            "--data data.bin --init a.safetensors --steps 100 --lr 1000 --decay 0 --clip 0 "
            "--numerics fp32 --batch 50 --decay 1000 --out b.safetensors",
            "not finite 20 times in a row");
    assert_int_equal(access("b.safetensors", R_OK), 0);
}

static void test_eval_prints_both_ways(void **state) {
    (void)state;
    expect(0, "--data data.bin --out a.safetensors --steps 2 --numerics fp32");
    expect(0, "eval --init a.safetensors --data data.bin --numerics fp32");
    double loss, perplexity, exact, exact_perplexity;
    int tokens, count;
    assert_int_equal(
        sscanf(out_text, "loss %lf  perplexity %lf  tokens %d", &loss, &perplexity, &tokens), 3);
    assert_int_equal(tokens, 395); /* 79 windows of 5; the first window needs 6 ids */
    expect(0, "eval --init a.safetensors --data data.bin --numerics fp32 --json");
    assert_int_equal(sscanf(out_text, "{\"loss\":%lf,\"perplexity\":%lf,\"tokens\":%d}", &exact,
                            &exact_perplexity, &count),
                     3);
    assert_int_equal(count, tokens);
    assert_true(fabs(exact - loss) <= 5.1e-5 && fabs(exact_perplexity - exp(exact)) < 1e-9);
    assert_true(fabs(perplexity - exact_perplexity) <= 5.1e-3);
}

static double tensor_at(const char *path, const char *name, size_t n, size_t i) {
    arena *a = arena_new();
    anet_error err = {0};
    safetensors *st;
    float values[TINY_V * TINY_C];
    assert_int_equal(st_open(a, path, &st, &err), 0);
    const st_tensor *t = st_find(st, name);
    assert_non_null(t);
    assert_int_equal(t->elements, n);
    assert_int_equal(st_read_f32(st, t, values, &err), 0);
    st_close(st);
    arena_free(a);
    return values[i];
}

static void test_grad_writes_gradients(void **state) {
    (void)state;
    expect(0, "grad --data data.bin --windows 3 --out g.safetensors --numerics fp32 --seed 3");
    double loss = NAN;
    sscanf(out_text, "loss %lf", &loss);
    assert_true(fabs(tensor_at("g.safetensors", "loss", 1, 0) - loss) < 1e-6);
    double before = tensor_at("g.safetensors", "head.weight", TINY_V * TINY_C, 8);
    expect(0, "grad --data data.bin --windows 3 --out h.safetensors --numerics fp32 --seed 3 "
              "--loss-scale 512");
    assert_true(fabs(tensor_at("h.safetensors", "head.weight", TINY_V * TINY_C, 8) - before) <
                1e-7);
    tensor_at("h.safetensors", "gain", TINY_C, 0);
    refused(2, "grad --out g.safetensors", "'grad' needs --data");
    refused(2, "grad --data data.bin --tokens 1 --out g.safetensors", "not both");
    refused(2, "grad --tokens 1 --out g.safetensors", "at least two");
    refused(2, "grad --tokens=1x --out g.safetensors", "no token id");
    refused(2, "grad --tokens=11 --out g.safetensors", "not in [0, 11)");
    refused(2, "grad --data data.bin --windows 80 --out g.safetensors", "has only 79");
    refused(2, "grad --data data.bin --out /dev/full", "/dev/full");
}

/* llama2.c's format: the ids 3 and up are a space and letters */
static void write_tokenizer(const char *path, int vocab) {
    static const char *const pieces[] = {"<unk>", "<s>", "</s>", " ", "a",  "b",
                                         "c",     "d",   "e",    "f", " a", "g"};
    FILE *out = fopen(path, "wb");
    int32_t longest = 5;
    fwrite(&longest, sizeof longest, 1, out);
    for (int i = 0; i < vocab; i++) {
        float score = (float)-i;
        int32_t n = (int32_t)strlen(pieces[i]);
        fwrite(&score, sizeof score, 1, out);
        fwrite(&n, sizeof n, 1, out);
        fwrite(pieces[i], 1, (size_t)n, out);
    }
    fclose(out);
}

static void test_generate(void **state) {
    (void)state;
    write_tokenizer("tok.bin", TINY_V);
    FILE *out = fopen("story.txt", "wb");
    for (int i = 0; i < 60; i++) {
        fputs("abcdefabcdef", out);
    }
    fclose(out);
    refused(2, "--data story.txt --steps 3", "story.txt: text needs a tokenizer");
    expect(0, "--data story.txt --tokenizer tok.bin --steps 120 --out g.safetensors --quiet");
    expect(0, "generate --init g.safetensors --tokenizer tok.bin --prompt ab --temp 0");
    assert_string_equal(out_text, "abcde\n"); /* five positions */
    expect(0, "generate --init g.safetensors --tokenizer tok.bin --prompt abc --temp 0 --steps 3");
    assert_string_equal(out_text, "abc\n");
    expect(0, "generate --init g.safetensors --tokenizer tok.bin --temp 50 --seed 8");
    char *first = strdup(out_text);
    expect(0, "generate --init g.safetensors --tokenizer tok.bin --temp 50 --seed 8 --threads 1");
    assert_string_equal(out_text, first);
    free(first);
    refused(2, "generate --init g.safetensors --tokenizer tok.bin --prompt abcdef",
            "the prompt is 7 tokens long");
    refused(2, "generate --init g.safetensors --tokenizer none.bin", "none.bin");
    write_tokenizer("wrong.bin", TINY_V + 1);
    refused(1, "generate --init g.safetensors --tokenizer wrong.bin", "wrong.bin");
}

static void test_bad_files(void **state) {
    (void)state;
    refused(2, "--data none.bin", "none.bin");
    refused(2, "train", "'train' needs --data");
    write_tokens("short.bin", 5);
    refused(1, "--data short.bin", "short.bin");
    refused(2, "--data data.bin --out /nowhere/x.safetensors", "cannot write /nowhere/x");
    refused(2, "--data data.bin --out .", "cannot write .");
    refused(1, "--data data.bin --init data.bin", "data.bin");
    refused(2, "--data data.bin --log /nowhere/log", "cannot write /nowhere/log");
    refused(2, "--data data.bin --steps 3 --log /dev/full", "cannot write /dev/full");
    refused(1, "--data data.bin --out x.bin", "does not say how llama2.c's weights map");
    refused(2, "--data data.bin --save-every 2", "--save-every needs --out");
    refused(2, "--data data.bin --eval-every 2", "--eval-every needs --val");
    refused(2, "eval --data data.bin", "'eval' needs --init");
    refused(2, "generate --init x", "'generate' needs --tokenizer");
    setenv("ANET_FRAMEWORKS", "nowhere", 1); /* also on a Mac */
    refused(3, "--data data.bin --device ane", "`--device host` runs everywhere");
    unsetenv("ANET_FRAMEWORKS");
    refused(2, "--data data.bin --numerics fp8", "one of fp16, fp32");
    FILE *out = fopen("high.bin", "wb");
    for (int i = 0; i < 20; i++) {
        fputs("\x0b", out);
        fputc(0, out);
    }
    fclose(out);
    refused(1, "--data high.bin", "high.bin");
}

static void test_full_disk(void **state) {
    (void)state;
    refused(2, "--data data.bin --out /dev/full --steps 2", "/dev/full");
    int got = finish(start_to("/dev/full", "info"));
    assert_int_equal(got, 2);
    assert_non_null(strstr(err_text, "cannot write standard output"));
    assert_int_equal(finish(start_to("/dev/full", "--help")), 2);
}

static void test_information(void **state) {
    (void)state;
    expect(0, "--help");
    assert_non_null(strstr(out_text, "--stop-after"));
    expect(0, "--version");
    assert_non_null(strstr(out_text, "tiny, libanet"));
    expect(0, "info");
    assert_non_null(strstr(out_text, "parameters: 149 in 4 arrays"));
    assert_non_null(strstr(out_text, "kForward"));
    assert_non_null(strstr(out_text, "dim=6 vocab=11 seq=5"));
    expect(0, "bench --steps 3 --json");
    assert_non_null(strstr(out_text, "\"ms_per_step\":"));
    expect(0, "profile --data data.bin");
    assert_non_null(strstr(out_text, "kBackward"));
    assert_non_null(strstr(out_text, "waiting for the background"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_training_lowers_the_loss, enter, leave),
        cmocka_unit_test_setup_teardown(test_log_is_json_lines, enter, leave),
        cmocka_unit_test_setup_teardown(test_resume_is_exact, enter, leave),
        cmocka_unit_test_setup_teardown(test_resume_refusals, enter, leave),
        cmocka_unit_test_setup_teardown(test_interrupt_saves, enter, leave),
        cmocka_unit_test_setup_teardown(test_gradients_that_never_are_finite, enter, leave),
        cmocka_unit_test_setup_teardown(test_eval_prints_both_ways, enter, leave),
        cmocka_unit_test_setup_teardown(test_grad_writes_gradients, enter, leave),
        cmocka_unit_test_setup_teardown(test_generate, enter, leave),
        cmocka_unit_test_setup_teardown(test_bad_files, enter, leave),
        cmocka_unit_test_setup_teardown(test_full_disk, enter, leave),
        cmocka_unit_test_setup_teardown(test_information, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
