/* ane_update_test.c: constants of compiled programs on the ane device: other weights by patch and
 * by recompile, the budget of compiles, the cache, and folders that a killed process left. On the
 * stand-in (tests/ane_sim), each case in a process of its own. */
#include "ane/cache.h"
#include "ane_run.h"
#include "base/half.h"
#include "mil/blob.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <utime.h>

enum { WIDE = 32, CHANNELS = 40 };

/* By path the second constant of the text comes first. */
static const char BAKED[] =
    START "tensor<fp16, [1, 6, 32]> x) {"
          "tensor<fp16, [1, 32, 40]> w = const()[name = string(\"w\"), val = tensor<fp16, [1, 32, "
          "40]>(BLOBFILE(path = string(\"@model_path/weights/w.bin\"), offset = uint64(64)))];"
          "tensor<fp16, [1, 1, 40]> g = const()[name = string(\"g\"), val = tensor<fp16, [1, 1, "
          "40]>(BLOBFILE(path = string(\"@model_path/weights/g.bin\"), offset = uint64(64)))];"
          "bool no = const()[name = string(\"no\"), val = bool(false)];"
          "tensor<fp16, [1, 6, 40]> p = matmul(x = x, y = w, transpose_x = no, transpose_y = no)"
          "[name = string(\"p\")];"
          "tensor<fp16, [1, 6, 40]> y = mul(x = p, y = g)[name = string(\"y\")];"
          "} -> (y); }";

/* --- weights --- */

typedef struct weights {
    mil_blob_writer file[2];
    anet_blob blob[2];
    anet_source source;
} weights;

static void add(mil_blob_writer *w, size_t n, size_t seed) {
    uint16_t bits[WIDE * CHANNELS];
    for (size_t i = 0; i < n; i++) {
        bits[i] = half_bits(run_value(i, 100 + seed));
    }
    mil_blob_add(w, MIL_FP16, bits, n);
    mil_blob_finish(w);
}

static void make_weights(weights *w, size_t seed) {
    *w = (weights){0};
    add(&w->file[0], WIDE * CHANNELS, seed);
    add(&w->file[1], CHANNELS, seed + 50);
    w->blob[0] =
        (anet_blob){"@model_path/weights/w.bin", w->file[0].bytes.at, w->file[0].bytes.len};
    w->blob[1] =
        (anet_blob){"@model_path/weights/g.bin", w->file[1].bytes.at, w->file[1].bytes.len};
    w->source = run_source(BAKED);
    w->source.blob = w->blob;
    w->source.blobs = 2;
}

static void free_weights(weights *w) {
    text_free(&w->file[0].bytes);
    text_free(&w->file[1].bytes);
}

/* --- a case --- */

enum { SETS = 4 };

typedef struct bench {
    anet_device_config config;
    run ane, host;
    weights set[SETS];
    text told;
    arena *memory;
    anet_error err;
    char *cache; /* a folder for it */
} bench;

#define EXPECT(truth)                                                                              \
    do {                                                                                           \
        if (!(truth)) {                                                                            \
            fprintf(stderr, "%s:%d: %s; error '%s', told '%s'\n", __FILE__, __LINE__, #truth,      \
                    b->err.message, b->told.at);                                                   \
            return false;                                                                          \
        }                                                                                          \
    } while (0)

static bool opens(bench *b, const anet_source *source) {
    anet_device_config host = {.numerics = ANET_NUMERICS_ANE_M4, .pool = b->config.pool};
    return run_open(&b->ane, &anet_ane_device, &b->config, source, &b->err) &&
           run_open(&b->host, &anet_host_device, &host, source, &b->err);
}

static bool reload(run *r, const weights *w, anet_error *err) {
    if (r->ops->reload(&r->program, &w->source, err)) {
        return false;
    }
    r->ops->inputs(r->program, &r->in_port); /* it may be another program now */
    r->ops->outputs(r->program, &r->out_port);
    return true;
}

static bool reloads(bench *b, int set) {
    return reload(&b->ane, &b->set[set], &b->err) && reload(&b->host, &b->set[set], &b->err);
}

/* They compute alike. The inputs differ from set to set. */
static bool agrees(bench *b, int set) {
    return run_agree(&b->ane, &b->host, (size_t)set, &b->err);
}

static void closes(bench *b) {
    run_close(&b->ane);
    run_close(&b->host);
}

static const anet_device_stats *stats(const bench *b) {
    return b->ane.ops->stats(b->ane.device);
}

static int64_t left(const bench *b) {
    return b->ane.ops->reloads_left(b->ane.device);
}

static bool forgive(bench *b, anet_code code, const char *part) {
    bool fine = b->err.code == code && strstr(b->err.message, part);
    if (!fine) {
        fprintf(stderr, "code %d, '%s', wanted '%s'\n", (int)b->err.code, b->err.message, part);
    }
    b->err = (anet_error){0};
    return fine;
}

static int count_kept(const bench *b) {
    DIR *dir = opendir(b->cache);
    int n = 0;
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
        n += text_ends_in(e->d_name, ".program");
    }
    if (dir) {
        closedir(dir);
    }
    return n;
}

/* the path of the only program that is kept */
static char *kept(const bench *b) {
    DIR *dir = opendir(b->cache);
    char *path = NULL;
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
        path =
            text_ends_in(e->d_name, ".program") ? path_join(b->memory, b->cache, e->d_name) : path;
    }
    if (dir) {
        closedir(dir);
    }
    return path;
}

/* --- other weights --- */

static bool all_sets(bench *b) {
    EXPECT(opens(b, &b->set[0].source) && agrees(b, 0));
    for (int i = 1; i < SETS; i++) {
        EXPECT(reloads(b, i) && agrees(b, i));
    }
    EXPECT(reloads(b, 0) && agrees(b, 0));
    return true;
}

static bool patches(bench *b) {
    b->config.update = ANET_UPDATE_PATCH;
    EXPECT(all_sets(b));
    EXPECT(stats(b)->compiles == 1 && stats(b)->patches == SETS && stats(b)->patch_seconds > 0);
    EXPECT(left(b) == INT64_MAX);
    EXPECT(reloads(b, 0) && stats(b)->patches == SETS); /* the same: nothing to do */
    return true;
}

static bool recompiles(bench *b) {
    b->config.update = ANET_UPDATE_RECOMPILE;
    EXPECT(all_sets(b));
    EXPECT(stats(b)->compiles == 1 + SETS && stats(b)->patches == 0 && left(b) == 100 - 1 - SETS);
    return true;
}

/* The trial costs a compile and a patch. */
static bool tries_and_patches(bench *b) {
    EXPECT(all_sets(b));
    EXPECT(stats(b)->compiles == 2 && stats(b)->patches == 1 + SETS && left(b) == INT64_MAX);
    EXPECT(!b->told.len);
    return true;
}

static bool tries_and_recompiles(bench *b) {
    EXPECT(all_sets(b));
    EXPECT(strstr(b->told.at, "computes with the weights of before"));
    EXPECT(stats(b)->compiles == 2 + SETS && left(b) == 100 - 2 - SETS);
    return true;
}

/* Loads 1 to 3 are those of the program and of the trial. */
static bool falls_back(bench *b) {
    EXPECT(all_sets(b));
    EXPECT(strstr(b->told.at, "to load it failed") && strstr(b->told.at, "compiled again"));
    EXPECT(stats(b)->compiles == 2 + SETS);
    return true;
}

static bool keeps_old_weights(bench *b) {
    b->config.update = ANET_UPDATE_PATCH;
    EXPECT(opens(b, &b->set[0].source));
    EXPECT(b->ane.ops->reload(&b->ane.program, &b->set[1].source, &b->err));
    EXPECT(forgive(b, ANET_FAILED, "to load it failed") && agrees(b, 0));
    EXPECT(reloads(b, 1) && agrees(b, 1));
    return true;
}

static bool obeys_report(bench *b) {
    static const char REPORT[] =
        "{\"properties\": {\"architecture\": \"h16g\", \"patches\": false}}";
    const char *path = path_join(b->memory, b->cache, "report.json");
    folder_make(b->cache);
    file_write(path, REPORT, sizeof REPORT - 1);
    b->config.profile = path;
    EXPECT(opens(b, &b->set[0].source));
    EXPECT(left(b) == 99 && strstr(b->told.at, "report on this machine"));
    return true;
}

static bool other_text(bench *b) {
    anet_source other = b->set[1].source;
    other.text = arena_printf(b->memory, "%s ", BAKED);
    other.size = strlen(other.text);
    EXPECT(opens(b, &b->set[0].source));
    EXPECT(b->ane.ops->reload(&b->ane.program, &other, &b->err));
    EXPECT(forgive(b, ANET_INTERNAL, "another text") && agrees(b, 0));
    return true;
}

/* Programs of the same content share a folder, until one of them changes. */
static bool parts_twins(bench *b) {
    anet_program *twin;
    const anet_device_ops *ops = &anet_ane_device;
    b->config.update = ANET_UPDATE_PATCH;
    EXPECT(opens(b, &b->set[0].source));
    EXPECT(!ops->compile(b->ane.device, &b->set[0].source, &twin, &b->err));
    EXPECT(!ops->reload(&twin, &b->set[1].source, &b->err) && agrees(b, 0));
    ops->release(b->ane.program);
    b->ane.program = twin;
    EXPECT(reload(&b->ane, &b->set[1], &b->err) && reload(&b->host, &b->set[1], &b->err));
    EXPECT(agrees(b, 1) && stats(b)->patches == 1);
    return true;
}

/* --- the budget --- */

static bool spends_budget(bench *b) {
    b->config.update = ANET_UPDATE_RECOMPILE;
    b->config.compile_budget = 2;
    EXPECT(opens(b, &b->set[0].source) && left(b) == 1 && reloads(b, 1) && left(b) == 0);
    EXPECT(b->ane.ops->reload(&b->ane.program, &b->set[2].source, &b->err));
    EXPECT(forgive(b, ANET_RESTART, "--compile-budget") && agrees(b, 1));
    anet_program *more;
    EXPECT(b->ane.ops->compile(b->ane.device, &b->set[3].source, &more, &b->err) && !more);
    EXPECT(forgive(b, ANET_RESTART, "a new process can go on"));
    closes(b);
    EXPECT(!opens(b, &b->set[0].source) && forgive(b, ANET_RESTART, "has had 2 programs")); /* of
                                                                                the process */
    return true;
}

static bool meets_apples_limit(bench *b) {
    b->config.update = ANET_UPDATE_RECOMPILE;
    EXPECT(opens(b, &b->set[0].source));
    EXPECT(b->ane.ops->reload(&b->ane.program, &b->set[1].source, &b->err));
    EXPECT(forgive(b, ANET_RESTART, "about 119") && agrees(b, 0));
    return true;
}

/* --- the cache --- */

static bool uses_cache(bench *b) {
    b->config.cache = b->cache;
    EXPECT(opens(b, &b->set[0].source) && agrees(b, 0) && stats(b)->compiles == 1);
    closes(b);
    EXPECT(count_kept(b) == 1);
    EXPECT(opens(b, &b->set[0].source) && agrees(b, 0));
    EXPECT(stats(b)->compiles == 0 && stats(b)->cached == 1 && !b->told.len);
    struct stat s;
    EXPECT(stat(kept(b), &s) == 0 && (s.st_mode & 0777) == 0600);
    EXPECT(stat(b->cache, &s) == 0 && (s.st_mode & 0777) == 0700);
    return true;
}

/* A program from the cache can be patched, and is not kept then, as little as what it becomes; the
 * trial's is kept. */
static bool keeps_no_changes(bench *b) {
    b->config.cache = b->cache;
    EXPECT(opens(b, &b->set[0].source));
    closes(b);
    EXPECT(all_sets(b) && stats(b)->cached == 1 && count_kept(b) == 1);
    closes(b);
    EXPECT(all_sets(b) && stats(b)->compiles == 1 && stats(b)->cached == 1 && count_kept(b) == 1);
    closes(b);
    b->config.update = ANET_UPDATE_RECOMPILE;
    EXPECT(all_sets(b) && count_kept(b) == 1);
    return true;
}

static bool reopens_after(bench *b, const char *told) {
    EXPECT(opens(b, &b->set[0].source) && agrees(b, 0));
    EXPECT(stats(b)->compiles == 1 && stats(b)->cached == 0 && strstr(b->told.at, told));
    closes(b);
    EXPECT(opens(b, &b->set[0].source) && stats(b)->cached == 1);
    return true;
}

static bool drops_what_does_not_load(bench *b) {
    b->config.cache = b->cache;
    EXPECT(opens(b, &b->set[0].source));
    closes(b);
    setenv("ANE_SIM_BUILD", "26A1", 1);
    return reopens_after(b, "does not load, and is dropped");
}

static bool drops_what_is_damaged(bench *b) {
    b->config.cache = b->cache;
    EXPECT(opens(b, &b->set[0].source));
    closes(b);
    FILE *f = fopen(kept(b), "r+b");
    EXPECT(f && fseek(f, -100, SEEK_END) == 0 && fputc('!', f) == '!' && fclose(f) == 0);
    return reopens_after(b, "damaged, and dropped");
}

static bool drops_what_is_cut(bench *b) {
    b->config.cache = b->cache;
    EXPECT(opens(b, &b->set[0].source));
    closes(b);
    EXPECT(truncate(kept(b), 70) == 0);
    return reopens_after(b, "damaged, and dropped");
}

static bool follows_no_link(bench *b) {
    b->config.cache = b->cache;
    EXPECT(opens(b, &b->set[0].source));
    closes(b);
    char *path = kept(b), *aside = path_join(b->memory, b->cache, "aside");
    EXPECT(rename(path, aside) == 0 && symlink(aside, path) == 0);
    EXPECT(reopens_after(b, "damaged, and dropped"));
    struct stat s;
    EXPECT(file_exists(aside) && lstat(path, &s) == 0 && S_ISREG(s.st_mode));
    unlink(aside);
    return true;
}

static bool wants_own_folder(bench *b) {
    b->config.cache = b->cache;
    EXPECT(folder_make(b->cache) == 0 && chmod(b->cache, 0777) == 0);
    EXPECT(opens(b, &b->set[0].source) && agrees(b, 0));
    EXPECT(strstr(b->told.at, "not only yours to write") && count_kept(b) == 0);
    return true;
}

static bool does_without(bench *b) {
    b->config.cache = "/dev/null/cache";
    EXPECT(opens(b, &b->set[0].source) && agrees(b, 0));
    EXPECT(strstr(b->told.at, "are not kept: /dev/null/cache"));
    return true;
}

/* No file may grow beyond what the largest of the program's own needs: as on a full disk. */
static bool survives_full_disk(bench *b) {
    file_start();
    b->config.cache = b->cache;
    EXPECT(opens(b, &b->set[0].source));
    struct stat s;
    EXPECT(stat(kept(b), &s) == 0);
    closes(b);
    struct rlimit most = {(rlim_t)s.st_size - 1, (rlim_t)s.st_size - 1};
    unlink(kept(b));
    EXPECT(setrlimit(RLIMIT_FSIZE, &most) == 0 && opens(b, &b->set[0].source) && agrees(b, 0));
    EXPECT(strstr(b->told.at, "are not kept: File too large") && count_kept(b) == 0);
    return true;
}

static bool put_program(const ane_cache *c, const ane_folder *f, const char *name, time_t when,
                        const char *folder) {
    arena *a = arena_new();
    const char *path = path_join(a, folder, arena_printf(a, "%s.program", name));
    bool fine = ane_cache_keep(c, name, f) == 0 && file_exists(path) &&
                utime(path, &(struct utimbuf){when, when}) == 0;
    arena_free(a);
    return fine;
}

/* The least recently used go; what nobody will finish goes too. */
static bool bounds_cache(bench *b) {
    ane_cache c;
    ane_folder f;
    EXPECT(ane_cache_open(&c, b->cache, 3) == 0);
    EXPECT(!ane_folder_open(&f, getenv("TMPDIR"), "a-program", &b->err));
    EXPECT(!ane_folder_write(&f, "net.plist", "plist", 5, &b->err));
    EXPECT(put_program(&c, &f, "p1", 1000, b->cache) && put_program(&c, &f, "p2", 2000, b->cache));
    EXPECT(put_program(&c, &f, "p3", 3000, b->cache) && ane_cache_fetch(&c, "p1", &f) == 0);
    const char *stale = path_join(b->memory, b->cache, "p9.program.77.new");
    EXPECT(file_write(stale, "x", 1) == 0 && utime(stale, &(struct utimbuf){5, 5}) == 0);
    EXPECT(put_program(&c, &f, "p4", 4000, b->cache) && count_kept(b) == 3 && !file_exists(stale));
    EXPECT(ane_cache_fetch(&c, "p2", &f) == ENOENT && ane_cache_fetch(&c, "p1", &f) == 0);
    c.bytes = 100; /* one program takes more than half of that */
    EXPECT(put_program(&c, &f, "p1", 5000, b->cache) && put_program(&c, &f, "p5", 6000, b->cache));
    EXPECT(count_kept(b) == 1 && ane_cache_fetch(&c, "p5", &f) == 0);
    c.bytes = 1;
    EXPECT(put_program(&c, &f, "p5", 7000, b->cache) && put_program(&c, &f, "p6", 0, b->cache));
    EXPECT(count_kept(b) == 1 && ane_cache_fetch(&c, "p6", &f) == 0);
    ane_cache_close(&c);
    ane_folder_close(&f);
    return true;
}

static bool knows_usual_place(bench *b) {
#ifndef __APPLE__
    setenv("XDG_CACHE_HOME", "/c", 1);
    EXPECT(strcmp(ane_cache_usual(b->memory), "/c/anet") == 0);
    unsetenv("XDG_CACHE_HOME");
    setenv("HOME", "/h", 1);
    EXPECT(strcmp(ane_cache_usual(b->memory), "/h/.cache/anet") == 0);
#endif
    unsetenv("HOME");
    EXPECT(!ane_cache_usual(b->memory));
    return true;
}

/* --- folders --- */

/* Paths of weights are what somebody wrote into a MIL text: none leads out of the folder. */
static bool stays_inside(bench *b) {
    const char *outside = path_join(b->memory, getenv("TMPDIR"), "outside");
    const char *const names[] = {outside,
                                 path_join(b->memory, "weights/", outside),
                                 arena_printf(b->memory, "weights/%s", outside),
                                 "../outside",
                                 "weights/../../outside",
                                 "a/b/c",
                                 "a/",
                                 ".",
                                 ""};
    ane_folder f;
    ane_piece piece = {"x", 1};
    EXPECT(!ane_folder_open(&f, getenv("TMPDIR"), "a-program", &b->err));
    EXPECT(ane_folder_put(&f, "weights/w.bin", &piece, 1) == 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        EXPECT(ane_folder_put(&f, names[i], &piece, 1) == EINVAL);
    }
    EXPECT(!file_exists(outside));
    ane_folder_close(&f);
    anet_source source = b->set[0].source;
    anet_blob blob = source.blob[0];
    blob.path = "@model_path/weights//tmp/x";
    source.blob = &blob;
    source.blobs = 1;
    EXPECT(!opens(b, &source) && strstr(b->err.message, "'@model_path/weights//tmp/x' is not in"));
    return true;
}

static bool is_killed(bench *b) {
    EXPECT(opens(b, &b->set[0].source));
    raise(SIGKILL);
    return false;
}

static bool finds_folders(bench *b) {
    anet_error err = {0};
    EXPECT(!anet_ane_device.open(&b->config, &b->ane.device, &err));
    b->ane.ops = &anet_ane_device;
    return true;
}

/* --- the cases --- */

typedef bool case_fn(bench *b);

static const struct {
    const char *environment;
    case_fn *run;
    bool killed;
} cases[] = {
    {ON("m4"), patches, false},
    {ON("m4"), recompiles, false},
    {ON("m4"), tries_and_patches, false},
    {ON("m4") " ANE_SIM_PATCHES=0", tries_and_recompiles, false},
    {FAULT("load:4"), falls_back, false},
    {FAULT("load:2"), keeps_old_weights, false},
    {ON("m4"), obeys_report, false},
    {ON("m4"), other_text, false},
    {ON("m4"), parts_twins, false},
    {ON("m4"), spends_budget, false},
    {"ANE_SIM_COMPILE_LIMIT=1", meets_apples_limit, false},
    {ON("m4"), uses_cache, false},
    {ON("m4"), keeps_no_changes, false},
    {ON("m4"), drops_what_does_not_load, false},
    {ON("m4"), drops_what_is_damaged, false},
    {ON("m4"), drops_what_is_cut, false},
    {ON("m4"), follows_no_link, false},
    {ON("m4"), wants_own_folder, false},
    {ON("m4"), does_without, false},
    {ON("m4"), survives_full_disk, false},
    {ON("m4"), bounds_cache, false},
    {ON("m4"), knows_usual_place, false},
    {ON("m4"), stays_inside, false},
    {ON("m4"), is_killed, true},
    {ON("m4"), finds_folders, false},
};
enum { CASES = sizeof cases / sizeof *cases };

static void remove_cache(const bench *b) {
    scratch s = {.memory = b->memory, .folder = b->cache};
    scratch_entries(&s, "", true);
    rmdir(b->cache);
}

static int run_case(int i) {
    bench b = {.memory = arena_new()};
    text_puts(&b.told, "");
    b.cache = path_join(b.memory, getenv("TMPDIR"), "cache");
    b.config =
        (anet_device_config){.pool = pool_new(1), .notice = run_notice, .notice_context = &b.told};
    for (int k = 0; k < SETS; k++) {
        make_weights(&b.set[k], (size_t)k);
    }
    bool fine = cases[i].run(&b);
    closes(&b);
    for (int k = 0; k < SETS; k++) {
        free_weights(&b.set[k]);
    }
    pool_free(b.config.pool);
    remove_cache(&b);
    text_free(&b.told);
    arena_free(b.memory);
    return fine ? 0 : FAILED;
}

static void all_cases(void **state) {
    scratch *s = *state;
    int wrong = 0;
    for (int i = 0; i < CASES; i++) {
        int status = own_process_run(s, i, s->folder, cases[i].environment);
        bool ended =
            cases[i].killed ? WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL : status == 0;
        /* the scratch file "stderr" is all that may be left */
        if (!ended || scratch_entries(s, "", false) != 1 + cases[i].killed) {
            size_t n;
            print_error("case %d, %s: status %x, %d files: %s\n", i, cases[i].environment,
                        (unsigned)status, scratch_entries(s, "", false),
                        scratch_read(s, scratch_path(s, "stderr"), &n));
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

int main(int argc, char **argv) {
    if (argc == 2) {
        return run_case(atoi(argv[1]));
    }
    own_process_prepare(argv[0]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_cases, scratch_open, scratch_close)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
