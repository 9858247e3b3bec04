/* ane_sim_test.c: the stand-in for Apple's frameworks (tests/ane_sim): the documented sequence by
 * raw messages, and what each breach of it leads to. Every case runs in a process of its own, begun
 * by exec: the stand-in ends a process that does something forbidden, and counts until its end. */
#include "ane/objc.h"
#include "base/half.h"
#include "base/text.h"
#include "mil/blob.h"
#include "scratch.h"

#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const char SELF[] = "/proc/self/exe";

enum { OK = 0, FAILED = 1, FATAL = 97 };
enum { QOS = 21, SURFACE = 49152, MOST_FAULTS = 8 };

/* --- messages, as typed calls of objc_msgSend --- */

typedef ane_id send_0(ane_id, ane_selector);
typedef ane_id send_1(ane_id, ane_selector, ane_id);
typedef ane_id send_3(ane_id, ane_selector, ane_id, ane_id, ane_id);
typedef ane_id send_7(ane_id, ane_selector, ane_id, ane_id, ane_id, ane_id, ane_id, ane_id, ane_id);
typedef bool send_qos(ane_id, ane_selector, unsigned, ane_id, ane_id *);
typedef bool send_unload(ane_id, ane_selector, unsigned, ane_id *);
typedef bool send_evaluate(ane_id, ane_selector, unsigned, ane_id, ane_id, ane_id *);
typedef bool send_flag(ane_id, ane_selector);
typedef long send_long(ane_id, ane_selector);

#define SEND(type) ((type *)(void (*)(void))a.objc_msgSend)

/* what a case works with; each has its own process, so one is enough */
static ane_api a;
static void *pool;

#define CHECK(truth)                                                                               \
    do {                                                                                           \
        if (!(truth)) {                                                                            \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #truth);                            \
            exit(FAILED);                                                                          \
        }                                                                                          \
    } while (0)

static ane_selector sel(const char *name) {
    return a.sel_registerName(name);
}

/* --- a model on the stand-in --- */

static const char ADD[] =
    "program(1.3)\n"
    "[buildInfo = dict<string, string>({{\"coremlc-component-MIL\", \"3510.2.1\"}})]\n"
    "{\n"
    "    func main<ios18>(tensor<fp16, [1, 4, 2, 4]> a_x, tensor<fp16, [1, 4, 2, 4]> b_y) {\n"
    "        tensor<fp16, [1, 4, 2, 4]> z = sub(x = a_x, y = b_y)[name = string(\"z\")];\n"
    "    } -> (z);\n"
    "}\n";

typedef struct sample {
    ane_id descriptor, model, none, error;
    char folder[1400], identifier[256];
} sample;

static ane_id data_of(const void *bytes, size_t size) {
    return a.CFDataCreate(NULL, bytes, (long)size);
}

static void open_api(void) {
    anet_error err = {0};
    if (ane_api_open(&a, &err)) {
        fprintf(stderr, "%s\n", err.message);
        exit(FAILED);
    }
    pool = a.objc_autoreleasePoolPush();
}

static void close_api(void) {
    a.objc_autoreleasePoolPop(pool);
    ane_api_close(&a);
}

static void write_file(const char *folder, const char *name, const void *data, size_t size) {
    char path[1500];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    CHECK(file_write(path, data, size) == 0);
}

static ane_id weights_dictionary(size_t n, const anet_blob *blob) {
    ane_id keys[4], values[4];
    for (size_t i = 0; i < n; i++) {
        ane_id names[2] = {ane_string(&a, "offset"), ane_string(&a, "data")};
        ane_id of[2] = {ane_number(&a, 0), data_of(blob[i].data, blob[i].size)};
        keys[i] = ane_string(&a, blob[i].path);
        values[i] = ane_dictionary(&a, 2, names, of);
        for (int k = 0; k < 2; k++) {
            ane_release(&a, names[k]);
            ane_release(&a, of[k]);
        }
    }
    ane_id all = ane_dictionary(&a, n, keys, values);
    for (size_t i = 0; i < n; i++) {
        ane_release(&a, keys[i]);
        ane_release(&a, values[i]);
    }
    return all;
}

/* without files */
static sample make_bare(const char *mil, size_t n, const anet_blob *blob) {
    sample s = {.none = ane_dictionary(&a, 0, NULL, NULL)};
    ane_id mil_data = data_of(mil, strlen(mil)), weights = weights_dictionary(n, blob);
    s.descriptor =
        SEND(send_3)(a.classes.descriptor, a.selectors.model_with_text, mil_data, weights, NULL);
    s.model = SEND(send_1)(a.classes.model, a.selectors.model_with_descriptor, s.descriptor);
    a.CFRetain(s.model);
    ane_release(&a, mil_data);
    ane_release(&a, weights);
    char temporary[1000];
    CHECK(ane_text(&a, a.NSTemporaryDirectory(), temporary, sizeof temporary));
    CHECK(ane_text(&a, SEND(send_0)(s.model, a.selectors.identifier), s.identifier,
                   sizeof s.identifier));
    snprintf(s.folder, sizeof s.folder, "%s%s", temporary, s.identifier);
    return s;
}

static void write_files(const sample *s, const char *mil, size_t n, const anet_blob *blob) {
    char path[1500];
    snprintf(path, sizeof path, "%s/weights", s->folder);
    CHECK(folder_make(path) == 0);
    write_file(s->folder, "model.mil", mil, strlen(mil));
    for (size_t i = 0; i < n; i++) {
        write_file(s->folder, blob[i].path + strlen("@model_path/"), blob[i].data, blob[i].size);
    }
}

static sample make(const char *mil, size_t n, const anet_blob *blob) {
    sample s = make_bare(mil, n, blob);
    write_files(&s, mil, n, blob);
    return s;
}

static bool compile(sample *s) {
    return SEND(send_qos)(s->model, a.selectors.compile, QOS, s->none, &s->error);
}

static bool load(sample *s) {
    return SEND(send_qos)(s->model, a.selectors.load, QOS, s->none, &s->error);
}

static bool unload(sample *s) {
    return SEND(send_unload)(s->model, a.selectors.unload, QOS, &s->error);
}

static void remove_folder(const sample *s) {
    char command[1600];
    snprintf(command, sizeof command, "rm -rf '%s'", s->folder);
    CHECK(system(command) == 0);
}

static void drop(sample *s) {
    remove_folder(s);
    ane_release(&a, s->model);
    ane_release(&a, s->none);
}

/* --- surfaces and requests --- */

static ane_id surface_of(size_t size) {
    const ane_id keys[] = {a.kIOSurfaceWidth,           a.kIOSurfaceHeight,
                           a.kIOSurfaceBytesPerElement, a.kIOSurfaceBytesPerRow,
                           a.kIOSurfaceAllocSize,       a.kIOSurfacePixelFormat};
    const int64_t numbers[] = {(int64_t)size, 1, 1, (int64_t)size, (int64_t)size, 0};
    ane_id values[6];
    for (int i = 0; i < 6; i++) {
        values[i] = ane_number(&a, numbers[i]);
    }
    ane_id properties = ane_dictionary(&a, 6, keys, values);
    for (int i = 0; i < 6; i++) {
        ane_release(&a, values[i]);
    }
    ane_id surface = a.IOSurfaceCreate(properties);
    ane_release(&a, properties);
    CHECK(surface);
    return surface;
}

static void fill(ane_id surface, size_t at, size_t step, size_t n, float first, float each) {
    CHECK(a.IOSurfaceLock(surface, 0, NULL) == 0);
    unsigned char *p = a.IOSurfaceGetBaseAddress(surface);
    for (size_t i = 0; i < n; i++) {
        uint16_t bits = half_bits(first + each * (float)i);
        memcpy(p + at + i * step, &bits, 2);
    }
    CHECK(a.IOSurfaceUnlock(surface, 0, NULL) == 0);
}

static float half_at(ane_id surface, size_t at) {
    uint16_t bits;
    CHECK(a.IOSurfaceLock(surface, 1, NULL) == 0);
    memcpy(&bits, (unsigned char *)a.IOSurfaceGetBaseAddress(surface) + at, 2);
    CHECK(a.IOSurfaceUnlock(surface, 1, NULL) == 0);
    return half_float(bits);
}

static ane_id objects_of(size_t n, const ane_id *surfaces) {
    ane_id objects[8];
    for (size_t i = 0; i < n; i++) {
        objects[i] = SEND(send_1)(a.classes.surface, a.selectors.object_with_surface, surfaces[i]);
    }
    return ane_array(&a, n, objects);
}

static ane_id indices_of(size_t n) {
    ane_id numbers[8];
    for (size_t i = 0; i < n; i++) {
        numbers[i] = ane_number(&a, (int64_t)i);
    }
    ane_id list = ane_array(&a, n, numbers);
    for (size_t i = 0; i < n; i++) {
        ane_release(&a, numbers[i]);
    }
    return list;
}

/* autoreleased */
static ane_id request_of(size_t ins, const ane_id *in, size_t outs, const ane_id *out) {
    ane_id ins_list = objects_of(ins, in), outs_list = objects_of(outs, out);
    ane_id in_indices = indices_of(ins), out_indices = indices_of(outs), zero = ane_number(&a, 0);
    ane_id request = SEND(send_7)(a.classes.request, a.selectors.new_request, ins_list, in_indices,
                                  outs_list, out_indices, NULL, NULL, zero);
    const ane_id all[] = {ins_list, outs_list, in_indices, out_indices, zero};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        ane_release(&a, all[i]);
    }
    return request;
}

static bool evaluate(sample *s, size_t ins, const ane_id *in, size_t outs, const ane_id *out) {
    return SEND(send_evaluate)(s->model, a.selectors.evaluate, QOS, s->none,
                               request_of(ins, in, outs, out), &s->error);
}

static void expect_error_of(const sample *s, const char *domain, long code, const char *part) {
    char found[400];
    CHECK(s->error);
    CHECK(ane_text(&a, SEND(send_0)(s->error, a.selectors.domain), found, sizeof found));
    CHECK(strcmp(found, domain) == 0);
    CHECK(SEND(send_long)(s->error, a.selectors.code) == code);
    CHECK(ane_text(&a, SEND(send_0)(s->error, a.selectors.description), found, sizeof found));
    if (!strstr(found, part)) {
        fprintf(stderr, "expected \"%s\", got \"%s\"\n", part, found);
        exit(FAILED);
    }
}

#define ENGINE "com.apple.appleneuralengine"
#define COMPILER "com.apple.appleneuralengine.compiler"

/* --- the cases --- */

static bool in_folder(const sample *s, const char *name) {
    char path[1500];
    snprintf(path, sizeof path, "%s/%s", s->folder, name);
    return file_exists(path);
}

static void whole_sequence(void) {
    sample s = make(ADD, 0, NULL);
    CHECK(strlen(s.identifier) == 3 * 64 + 2);
    CHECK(!SEND(send_flag)(s.model, a.selectors.compiled_exists));
    CHECK(compile(&s) && !s.error);
    CHECK(SEND(send_flag)(s.model, a.selectors.compiled_exists));
    CHECK(in_folder(&s, "net.plist") && !in_folder(&s, "data"));
    CHECK(!SEND(send_0)(s.model, a.selectors.attributes));
    CHECK(load(&s) && SEND(send_long)(s.model, sel("state")) == 3);
    CHECK(SEND(send_0)(s.model, a.selectors.attributes));
    ane_id in[2] = {surface_of(SURFACE), surface_of(SURFACE)}, out = surface_of(SURFACE);
    for (size_t row = 0; row < 8; row++) { /* of 4 elements, in 64 bytes */
        fill(in[0], row * 64, 2, 4, (float)row, 10);
        fill(in[1], row * 64, 2, 4, 1, 0);
    }
    CHECK(evaluate(&s, 2, in, 1, &out));
    for (size_t row = 0; row < 8; row++) {
        for (size_t w = 0; w < 4; w++) {
            CHECK(half_at(out, row * 64 + 2 * w) == (float)row + 10 * (float)w - 1);
        }
        CHECK(half_at(out, row * 64 + 8) != half_at(out, row * 64 + 8)); /* NaN: padding */
    }
    CHECK(unload(&s));
    a.CFRelease(in[0]);
    a.CFRelease(in[1]);
    a.CFRelease(out);
    drop(&s);
}

typedef struct test_case {
    const char *name;
    void (*run)(void);
    const char *environment; /* "NAME=value NAME=value" or NULL */
    int code;
    const char *says; /* on stderr; NULL: anything */
} test_case;

static void no_compile(void) {
    sample s = make(ADD, 0, NULL);
    CHECK(!load(&s));
    expect_error_of(&s, ENGINE, 1, "GetANEFModel");
    drop(&s);
}

static const test_case cases[] = {
    {"whole sequence", whole_sequence, NULL, OK, NULL},
    {"load without compile", no_compile, NULL, OK, NULL},
};

enum { CASES = sizeof cases / sizeof *cases };

/* --- running them --- */

static int run_case(int i) {
    open_api();
    cases[i].run();
    close_api();
    return OK;
}

static void set_environment(const char *settings) {
    char copy[400];
    snprintf(copy, sizeof copy, "%s", settings ? settings : "");
    for (char *item = strtok(copy, " "); item; item = strtok(NULL, " ")) {
        char *equals = strchr(item, '=');
        *equals = 0;
        setenv(item, equals + 1, 1);
    }
}

static _Noreturn void become(const scratch *s, int i) {
    char number[16];
    snprintf(number, sizeof number, "%d", i);
    if (!freopen(path_join(s->memory, s->folder, "stderr"), "w", stderr)) {
        _exit(FAILED);
    }
    setenv("TMPDIR", s->folder, 1);
    setenv("ANE_SIM_LOG", "1", 1);
    set_environment(cases[i].environment);
    execl(SELF, SELF, number, (char *)NULL);
    _exit(FAILED);
}

static void check_case(scratch *s, int i) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        become(s, i);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    size_t n;
    const char *said = scratch_read(s, scratch_path(s, "stderr"), &n);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != cases[i].code ||
        (cases[i].says && !strstr(said, cases[i].says))) {
        fail_msg("%s: status %x instead of exit code %d%s%s: %s", cases[i].name, (unsigned)status,
                 cases[i].code, cases[i].says ? " and " : "", cases[i].says ? cases[i].says : "",
                 said);
    }
}

static void all_cases(void **state) {
    for (int i = 0; i < CASES; i++) {
        check_case(*state, i);
    }
}

static void say_where(void) {
    if (!getenv("ANET_FRAMEWORKS")) {
        const char *build = getenv("BUILD");
        char path[1000];
        snprintf(path, sizeof path, "%s/ane_sim", build ? build : "build");
        char *whole = realpath(path, NULL);
        setenv("ANET_FRAMEWORKS", whole ? whole : path, 1);
        free(whole);
    }
}

int main(int argc, char **argv) {
    if (argc == 2) {
        return run_case(atoi(argv[1]));
    }
    say_where();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_cases, scratch_open, scratch_close)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
