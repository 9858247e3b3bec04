/* ane_sim_test.c: the stand-in for Apple's frameworks (tests/ane_sim): the documented sequence by
 * raw messages, and what each breach of it leads to. Every case runs in a process of its own, begun
 * by exec: the stand-in ends a process that does something forbidden, and counts until its end. */
#include "ane_bench.h"
#include "base/text.h"
#include "mil/blob.h"
#include "own_process.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>

enum { OK = 0, TOUCHED = 42, FATAL = 97 };
enum { SURFACE = 49152 };

#define START                                                                                      \
    "program(1.3)\n"                                                                               \
    "[buildInfo = dict<string, string>({{\"coremlc-component-MIL\", \"3510.2.1\"}})]\n"            \
    "{ func main<ios18>("
#define HEAD START "tensor<fp16, [1, 4, 2, 4]> a_x) {"
#define TAIL "} -> (z); }"
static const char DIFFERENCE[] =
    START "tensor<fp16, [1, 4, 2, 4]> a_x, tensor<fp16, [1, 4, 2, 4]> b_y) {"
          "tensor<fp16, [1, 4, 2, 4]> z = sub(x = a_x, y = b_y)[name = string(\"z\")];" TAIL;

#define ENGINE "com.apple.appleneuralengine"
#define COMPILER "com.apple.appleneuralengine.compiler"

/* --- the cases --- */

static bool in_folder(const sample *s, const char *name) {
    char path[1500];
    snprintf(path, sizeof path, "%s/%s", s->folder, name);
    return file_exists(path);
}

static void whole_sequence(void) {
    sample s = make(DIFFERENCE, 0, NULL);
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

static void no_compile(void) {
    sample s = make(DIFFERENCE, 0, NULL);
    CHECK(!load(&s));
    expect_error_of(&s, ENGINE, 1, "GetANEFModel");
    drop(&s);
}

/* --- before and while it compiles --- */

static void text_as_string(void) {
    ane_id none = ane_dictionary(&a, 0, NULL, NULL), source = ane_string(&a, DIFFERENCE);
    SEND(send_3)(a.classes.descriptor, a.selectors.model_with_text, source, none, NULL);
}

static void no_weights(void) {
    SEND(send_3)
    (a.classes.descriptor, a.selectors.model_with_text, data_of(DIFFERENCE, 3), NULL, NULL);
}

static void no_options(void) {
    sample s = make(DIFFERENCE, 0, NULL);
    SEND(send_qos)(s.model, a.selectors.compile, QOS, NULL, &s.error);
}

static void qos_of_range(void) {
    sample s = make(DIFFERENCE, 0, NULL);
    const unsigned good[] = {0, 9, 17, 21, 25, 33, 63};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        CHECK(SEND(send_qos)(s.model, a.selectors.compile, good[i], s.none, &s.error));
    }
    fprintf(stderr, "fine so far\n");
    SEND(send_qos)(s.model, a.selectors.compile, 64, s.none, &s.error);
}

static void no_files(void) {
    sample s = make_bare(DIFFERENCE, 0, NULL);
    CHECK(!compile(&s));
    expect_error_of(&s, COMPILER, 1, "_ANECompiler : ANECCompile() FAILED err=()");
    CHECK(!SEND(send_qos)(s.model, a.selectors.compile, QOS, s.none, NULL));
    drop(&s);
}

static void other_text(void) {
    sample s = make(DIFFERENCE, 0, NULL);
    write_file(s.folder, "model.mil", DIFFERENCE, 20);
    compile(&s);
}

static void refused(const char *mil, const char *reason) {
    sample s = make(mil, 0, NULL);
    CHECK(!compile(&s));
    expect_error_of(&s, COMPILER, 1, reason);
    CHECK(!in_folder(&s, "net.plist") && !load(&s));
    drop(&s);
}

static void bad_mil(void) {
    refused("program(1.3) {", "err=(InvalidMILProgram)");
}

static void bad_op(void) {
    refused(HEAD "tensor<fp16, [1, 4, 2, 4]> z = gelu(x = a_x)[name = string(\"z\")];" TAIL,
            "err=(CompilationFailure)");
}

static void bad_for_m1(void) {
    refused(DIFFERENCE, "err=(InvalidMILProgram)");
}

static void good_for_m4(void) {
    sample s = make(DIFFERENCE, 0, NULL);
    CHECK(compile(&s));
    drop(&s);
}

static void compile_often(void) {
    sample s = make(DIFFERENCE, 0, NULL);
    for (int i = 0; i < 119; i++) {
        CHECK(compile(&s));
    }
    CHECK(!compile(&s) && !s.error);
    CHECK(load(&s) && unload(&s)); /* that much still works */
    drop(&s);
}

static void compile_limit(void) {
    sample s = make(DIFFERENCE, 0, NULL);
    CHECK(compile(&s) && compile(&s) && !compile(&s) && !s.error);
    drop(&s);
}

/* --- weights --- */

static const char WEIGHT[] = "@model_path/weights/w.bin";
static const char SCALE[] =
    HEAD "tensor<fp16, [1, 4, 1, 1]> w = const()[name = string(\"w\"), val = "
         "tensor<fp16, [1, 4, 1, 1]>(BLOBFILE(path = string(\"@model_path/weights/w.bin\"), "
         "offset = uint64(64)))];"
         "tensor<fp16, [1, 4, 2, 4]> z = mul(x = a_x, y = w)[name = string(\"z\")];" TAIL;

/* four equal weights */
static anet_blob blob_of(mil_blob_writer *w, float x) {
    uint16_t halves[4];
    for (int i = 0; i < 4; i++) {
        halves[i] = half_bits(x);
    }
    CHECK(mil_blob_add(w, MIL_FP16, halves, 4) == 64);
    mil_blob_finish(w);
    return (anet_blob){WEIGHT, w->bytes.at, w->bytes.len};
}

/* what it makes of 1 */
static float scale_of(sample *s) {
    ane_id in = surface_of(SURFACE), out = surface_of(SURFACE);
    fill(in, 0, 64, 8, 1, 0);
    CHECK(load(s));
    CHECK(evaluate(s, 1, &in, 1, &out));
    CHECK(unload(s));
    float x = half_at(out, 0);
    a.CFRelease(in);
    a.CFRelease(out);
    return x;
}

static void baked_weights(void) {
    mil_blob_writer two = {0}, three = {0};
    anet_blob old = blob_of(&two, 2), new = blob_of(&three, 3);
    sample s = make(SCALE, 1, &old);
    CHECK(compile(&s) && in_folder(&s, "net.plist") && in_folder(&s, "data"));
    CHECK(scale_of(&s) == 2);
    write_file(s.folder, "weights/w.bin", new.data, new.size);
    CHECK(scale_of(&s) == 2); /* baked */

    sample donee = make(SCALE, 1, &new);
    CHECK(strcmp(s.identifier, donee.identifier) != 0);
    CHECK(strncmp(s.identifier, donee.identifier, 2 * 65) == 0);
    char command[3500];
    snprintf(command, sizeof command, "cp '%s/net.plist' '%s'", s.folder, donee.folder);
    CHECK(system(command) == 0);
    CHECK(!load(&donee)); /* no data yet */
    write_file(donee.folder, "data", new.data, new.size);
    CHECK(scale_of(&donee) == 3);
    drop(&s);
    drop(&donee);
    text_free(&two.bytes);
    text_free(&three.bytes);
}

static void missing_weights(void) {
    mil_blob_writer two = {0};
    anet_blob old = blob_of(&two, 2);
    sample s = make(SCALE, 1, &old);
    char path[1500];
    snprintf(path, sizeof path, "%s/weights/w.bin", s.folder);
    CHECK(remove(path) == 0);
    CHECK(!compile(&s));
    expect_error_of(&s, COMPILER, 1, "err=()");
    drop(&s);
    text_free(&two.bytes);
}

static void unlisted_weights(void) {
    refused(SCALE, "err=(InvalidMILProgram)");
}

/* compiled, then left for another process with other settings */
static void cached_elsewhere(void) {
    sample s = make(DIFFERENCE, 0, NULL);
    CHECK(compile(&s));
    setenv("ANE_SIM_BUILD", "99Z99", 1);
    CHECK(!load(&s));
    expect_error_of(&s, ENGINE, 1, "Must re-compile");
    unsetenv("ANE_SIM_BUILD");
    CHECK(load(&s) && unload(&s));
    drop(&s);
}

/* --- loading --- */

static void load_limit(void) {
    sample s[3];
    for (int i = 0; i < 3; i++) {
        s[i] = make(DIFFERENCE, 0, NULL);
        CHECK(compile(&s[i]));
        CHECK(load(&s[i]) == (i < 2));
    }
    expect_error_of(&s[2], ENGINE, 1, "GetANEFModel");
    CHECK(unload(&s[0]) && load(&s[2]));
    CHECK(unload(&s[1]) && unload(&s[2]) && !unload(&s[2]));
    for (int i = 0; i < 3; i++) {
        ane_release(&a, s[i].model);
        ane_release(&a, s[i].none);
    }
    remove_folder(&s[0]); /* of all three: they are the same */
}

static void never_unloaded(void) {
    sample s = make(DIFFERENCE, 0, NULL);
    CHECK(compile(&s) && load(&s));
    drop(&s);
}

static void folder_left(void) {
    sample s = make(DIFFERENCE, 0, NULL);
    CHECK(compile(&s));
    ane_release(&a, s.model);
    ane_release(&a, s.none);
}

/* --- attributes --- */

static ane_id only(ane_id list) {
    CHECK(list && a.CFArrayGetCount(list) == 1);
    return a.CFArrayGetValueAtIndex(list, 0);
}

static ane_id live(const sample *s, const char *list) {
    ane_id all = SEND(send_0)(s->model, a.selectors.attributes);
    ane_id found = ane_get(&a, only(ane_get(&a, all, "NetworkStatusList")), list);
    CHECK(found);
    return found;
}

static ane_id port_at(const sample *s, const char *list, long i) {
    ane_id ports = live(s, list);
    CHECK(i < a.CFArrayGetCount(ports));
    return a.CFArrayGetValueAtIndex(ports, i);
}

static void expect_number(ane_id of, const char *name, int64_t x) {
    int64_t found = -1;
    CHECK(ane_get_integer(&a, of, name, &found));
    if (found != x) {
        fprintf(stderr, "%s is %lld\n", name, (long long)found);
        exit(FAILED);
    }
}

static void expect_text(ane_id of, const char *name, const char *x) {
    char found[200];
    CHECK(ane_text(&a, ane_get(&a, of, name), found, sizeof found));
    if (strcmp(found, x) != 0) {
        fprintf(stderr, "%s is %s\n", name, found);
        exit(FAILED);
    }
}

static sample loaded(const char *mil) {
    sample s = make(mil, 0, NULL);
    CHECK(compile(&s) && load(&s));
    return s;
}

static void close_sample(sample *s) {
    CHECK(unload(s));
    drop(s);
}

/* the documented example: [1, 4, 1, 4] */
static void attributes_of_example(void) {
    sample s = loaded(START "tensor<fp16, [1, 4, 1, 4]> x, tensor<fp16, [1, 4, 1, 4]> unused) {"
                            "tensor<fp16, [1, 4, 1, 4]> y = relu(x = x)[name = string(\"y\")];"
                            "} -> (y); }");
    CHECK(a.CFArrayGetCount(live(&s, "LiveInputList")) == 1);
    ane_id x = port_at(&s, "LiveInputList", 0), y = port_at(&s, "LiveOutputList", 0);
    expect_text(x, "Name", "x");
    expect_text(x, "Symbol", "x");
    expect_text(x, "Type", "Float16");
    expect_text(y, "Name", "y");
    expect_text(y, "Symbol", "y@output");
    static const struct {
        const char *name;
        int64_t x;
    } numbers[] = {{"Batches", 1},       {"Channels", 4},   {"Depth", 1},
                   {"Height", 1},        {"Width", 4},      {"BatchStride", 256},
                   {"DepthStride", 256}, {"PlaneCount", 4}, {"PlaneStride", 64},
                   {"RowStride", 64},    {"Interleave", 1}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        expect_number(x, numbers[i].name, numbers[i].x);
        expect_number(y, numbers[i].name, numbers[i].x);
    }
    ane_id whole =
        ane_get(&a, SEND(send_0)(s.model, a.selectors.attributes), "ANEFModelDescription");
    expect_number(only(ane_get(&a, whole, "ANEFModelProcedures")), "ProcedureID", 0);
    CHECK(only(ane_get(&a, whole, "kANEFModelOutputSymbolsArrayKey")));
    close_sample(&s);
}

/* rank 5, fp32: every stride counts */
static void strides_of_five(void) {
    sample s = loaded(START "tensor<fp32, [2, 3, 2, 2, 3]> x) {"
                            "tensor<fp32, [2, 3, 2, 2, 3]> y = relu(x = x)[name = string(\"y\")];"
                            "} -> (y); }");
    ane_id x = port_at(&s, "LiveInputList", 0);
    expect_text(x, "Type", "Float32");
    expect_number(x, "RowStride", 128);
    expect_number(x, "PlaneStride", 256);
    expect_number(x, "DepthStride", 768);
    expect_number(x, "BatchStride", 1536);
    ane_id in = surface_of(SURFACE), out = surface_of(SURFACE);
    CHECK(a.IOSurfaceLock(in, 0, NULL) == 0);
    char *base = a.IOSurfaceGetBaseAddress(in);
    size_t last = 1536 + 768 + 2 * 256 + 128 + 2 * 4;
    memcpy(base + last, &(float){7}, 4);
    CHECK(a.IOSurfaceUnlock(in, 0, NULL) == 0);
    CHECK(evaluate(&s, 1, &in, 1, &out));
    CHECK(a.IOSurfaceLock(out, 1, NULL) == 0);
    CHECK(memcmp((char *)a.IOSurfaceGetBaseAddress(out) + last, &(float){7}, 4) == 0);
    CHECK(a.IOSurfaceUnlock(out, 1, NULL) == 0);
    a.CFRelease(in);
    a.CFRelease(out);
    close_sample(&s);
}

/* A byte of -3 (or a flag that is set) and one of 5, made halves. */
static void small_type(const char *type, const char *reported, const void *bytes, size_t size,
                       float first, float second) {
    char mil[900];
    snprintf(mil, sizeof mil,
             START "tensor<%s, [1, 1, 1, 64]> x) {"
                   "string t = const()[name = string(\"t\"), val = string(\"fp16\")];"
                   "tensor<fp16, [1, 1, 1, 64]> y = cast(dtype = t, x = x)[name = string(\"y\")];"
                   "} -> (y); }",
             type);
    sample s = loaded(mil);
    expect_text(port_at(&s, "LiveInputList", 0), "Type", reported);
    ane_id in = surface_of(SURFACE), out = surface_of(SURFACE);
    CHECK(a.IOSurfaceLock(in, 0, NULL) == 0);
    memcpy(a.IOSurfaceGetBaseAddress(in), bytes, size);
    CHECK(a.IOSurfaceUnlock(in, 0, NULL) == 0);
    CHECK(evaluate(&s, 1, &in, 1, &out));
    CHECK(half_at(out, 0) == first && half_at(out, 2) == second);
    a.CFRelease(in);
    a.CFRelease(out);
    close_sample(&s);
}

static void small_types(void) {
    small_type("int8", "Int8", (const int8_t[]){-3, 5}, 2, -3, 5);
    small_type("uint8", "UInt8", (const uint8_t[]){253, 5}, 2, 253, 5);
    small_type("int16", "Int16", (const int16_t[]){-300, 5}, 4, -300, 5);
    small_type("uint16", "UInt16", (const uint16_t[]){65000, 5}, 4, 64992, 5);
    small_type("bool", "Bool", (const uint8_t[]){0, 1}, 2, 0, 1);
    small_type("fp16", "Float16", (const uint16_t[]){0x3C00, 0x7E00}, 4, 1, INFINITY); /* NaN */
}

#define PORTS                                                                                      \
    "tensor<fp16, [1, 8, 1, 64]> b_in, tensor<fp16, [1, 4, 1, 64]> z_in, "                         \
    "tensor<fp16, [1, 2, 1, 64]> c_in) {"
#define RELUS                                                                                      \
    "tensor<fp16, [1, 4, 1, 64]> y = relu(x = z_in)[name = string(\"y\")];"                        \
    "tensor<fp16, [1, 2, 1, 64]> a = relu(x = c_in)[name = string(\"a\")];"                        \
    "tensor<fp16, [1, 8, 1, 64]> x = relu(x = b_in)[name = string(\"x\")];"
static const char ORDER[] = START PORTS RELUS "} -> (y, a, x); }";
/* as M1 reads it */
static const char ORDER_OLD[] =
    "program(1.0)\n[buildInfo = dict<tensor<string, []>, tensor<string, []>>({{\"a\", \"b\"}})]\n"
    "{ func main<ios16>(" PORTS
    "tensor<fp16, [1, 4, 1, 64]> y = relu(x = z_in)[name = tensor<string, []>(\"y\")];"
    "tensor<fp16, [1, 2, 1, 64]> a = relu(x = c_in)[name = tensor<string, []>(\"a\")];"
    "tensor<fp16, [1, 8, 1, 64]> x = relu(x = b_in)[name = tensor<string, []>(\"x\")];"
    "} -> (y, a, x); }";

static void expect_order(const char *mil, const char *const *in, const char *const *out) {
    sample s = loaded(mil);
    for (long i = 0; i < 3; i++) {
        expect_text(port_at(&s, "LiveInputList", i), "Name", in[i]);
        expect_text(port_at(&s, "LiveOutputList", i), "Name", out[i]);
    }
    close_sample(&s);
}

static void order_by_name(void) {
    expect_order(ORDER, (const char *const[]){"b_in", "c_in", "z_in"},
                 (const char *const[]){"a", "x", "y"});
}

static void order_by_size(void) {
    expect_order(ORDER_OLD, (const char *const[]){"c_in", "z_in", "b_in"},
                 (const char *const[]){"x", "y", "a"});
}

/* surfaces in the order of declaration: too small for some slots */
static void order_wrong(void) {
    sample s = loaded(ORDER);
    ane_id in[3] = {surface_of(1024), surface_of(512), surface_of(256)};
    ane_id out[3] = {surface_of(512), surface_of(256), surface_of(1024)};
    CHECK(!evaluate(&s, 3, in, 3, out));
    expect_error_of(&s, ENGINE, 8, "status=0x1d");
    CHECK(evaluate(&s, 3, (const ane_id[]){in[0], in[2], in[1]}, 3,
                   (const ane_id[]){out[1], out[2], out[0]}));
    for (int i = 0; i < 3; i++) {
        a.CFRelease(in[i]);
        a.CFRelease(out[i]);
    }
    close_sample(&s);
}

static void no_attributes(void) {
    sample s = loaded(DIFFERENCE);
    CHECK(!SEND(send_0)(s.model, a.selectors.attributes));
    close_sample(&s);
}

static void bad_attributes(void) {
    sample s = loaded(DIFFERENCE);
    expect_number(port_at(&s, "LiveInputList", 0), "RowStride", 4); /* a row has 8 bytes */
    close_sample(&s);
}

static void other_names(void) {
    sample s = loaded(DIFFERENCE);
    expect_text(port_at(&s, "LiveInputList", 0), "Name", "a_x_0");
    close_sample(&s);
}

static void fewer_ports(void) {
    sample s = loaded(DIFFERENCE);
    CHECK(a.CFArrayGetCount(live(&s, "LiveOutputList")) == 0);
    close_sample(&s);
}

/* --- evaluating --- */

typedef struct runnable {
    sample s;
    ane_id in[2], out;
} runnable;

/* a_x is 3, b_y is 1, everywhere */
static runnable ready(void) {
    runnable r = {
        loaded(DIFFERENCE), {surface_of(SURFACE), surface_of(SURFACE)}, surface_of(SURFACE)};
    for (size_t i = 0; i < 8; i++) {
        fill(r.in[0], i * 64, 2, 4, 3, 0);
        fill(r.in[1], i * 64, 2, 4, 1, 0);
        fill(r.out, i * 64, 2, 4, 77, 0);
    }
    return r;
}

static bool run(runnable *r) {
    return evaluate(&r->s, 2, r->in, 1, &r->out);
}

static void close_runnable(runnable *r) {
    a.CFRelease(r->in[0]);
    a.CFRelease(r->in[1]);
    a.CFRelease(r->out);
    close_sample(&r->s);
}

static void expect_all(const runnable *r, float x) {
    for (size_t i = 0; i < 32; i++) {
        CHECK(half_at(r->out, i / 4 * 64 + i % 4 * 2) == x);
    }
}

static void expect_1d(runnable *r, size_t ins, const ane_id *in, size_t outs, const ane_id *out) {
    CHECK(!evaluate(&r->s, ins, in, outs, out));
    expect_error_of(&r->s, ENGINE, 8,
                    "ANEProgramProcessRequestDirect() Failed with status=0x1d : statusType=0x9: "
                    "Program Inference error");
}

static void wrong_surfaces(void) {
    runnable r = ready();
    ane_id small = surface_of(SURFACE - 1);
    expect_1d(&r, 1, r.in, 1, &r.out);
    expect_1d(&r, 2, r.in, 0, NULL);
    expect_1d(&r, 2, r.in, 1, &small);
    expect_1d(&r, 2, (const ane_id[]){r.in[0], small}, 1, &r.out);
    expect_1d(&r, 2, r.in, 1, r.in); /* in and out */
    CHECK(run(&r));
    expect_all(&r, 2);
    CHECK(evaluate(&r.s, 2, (const ane_id[]){r.in[0], r.in[0]}, 1, &r.out)); /* read twice */
    expect_all(&r, 0);
    a.CFRelease(small);
    close_runnable(&r);
}

static void odd_surface(void) {
    runnable r = ready();
    ane_id odd = surface_of(SURFACE + 64);
    expect_1d(&r, 2, r.in, 1, &odd);
    a.CFRelease(odd);
    close_runnable(&r);
}

/* b_y's is larger than a_x's */
static void unequal_surfaces(void) {
    runnable r = ready();
    ane_id larger = surface_of(2 * SURFACE);
    expect_1d(&r, 2, (const ane_id[]){r.in[0], larger}, 1, &r.out);
    CHECK(run(&r));
    a.CFRelease(larger);
    close_runnable(&r);
}

static void ascending_surfaces(void) {
    runnable r = ready();
    ane_id larger = surface_of(2 * SURFACE);
    expect_1d(&r, 2, r.in, 1, &r.out);
    CHECK(evaluate(&r.s, 2, (const ane_id[]){r.in[0], larger}, 1, &r.out));
    expect_all(&r, 3);
    a.CFRelease(larger);
    close_runnable(&r);
}

static void not_loaded(void) {
    runnable r = ready();
    CHECK(unload(&r.s) && !run(&r));
    expect_error_of(&r.s, ENGINE, 8, "status=0x2");
    CHECK(load(&r.s) && run(&r));
    close_runnable(&r);
}

static void locked_surface(void) {
    runnable r = ready();
    CHECK(a.IOSurfaceLock(r.in[1], 1, NULL) == 0);
    run(&r);
}

static void *run_elsewhere(void *context) {
    void *own = a.objc_autoreleasePoolPush();
    run(context);
    a.objc_autoreleasePoolPop(own);
    return NULL;
}

static void two_threads(void) {
    runnable r = ready();
    pthread_t other;
    CHECK(pthread_create(&other, NULL, run_elsewhere, &r) == 0);
    for (int i = 0; i < 3; i++) {
        run(&r);
    }
    pthread_join(other, NULL);
}

static void forked(void) {
    sample s = make(DIFFERENCE, 0, NULL);
    int status;
    pid_t child = fork();
    if (child == 0) {
        compile(&s);
        exit(OK);
    }
    CHECK(waitpid(child, &status, 0) == child);
    drop(&s);
    close_api();
    exit(WEXITSTATUS(status));
}

/* --- objects --- */

static void used_after_release(void) {
    ane_id x = ane_number(&a, 5);
    int64_t value;
    a.CFRelease(x);
    a.CFNumberGetValue(x, ANE_SINT64, &value);
}

static void released_twice(void) {
    sample s = make(DIFFERENCE, 0, NULL);
    a.CFRelease(s.none);
    a.CFRelease(s.none);
}

static void unknown_selector(void) {
    SEND(send_0)(a.classes.model, sel("fly"));
}

static void unregistered_selector(void) {
    SEND(send_0)(a.classes.model, "hasANE");
}

static void no_pool(void) {
    a.objc_autoreleasePoolPop(pool);
    a.NSTemporaryDirectory();
}

static void pools_crossed(void) {
    a.objc_autoreleasePoolPush();
    a.objc_autoreleasePoolPop(pool);
}

static void pool_open(void) {
    a.objc_autoreleasePoolPush();
    exit(OK);
}

static void surface_left(void) {
    surface_of(SURFACE);
}

static void lock_left(void) {
    CHECK(a.IOSurfaceLock(surface_of(SURFACE), 0, NULL) == 0);
}

static void on_fault(int signal_number) {
    (void)signal_number;
    _exit(TOUCHED);
}

static void touched_unlocked(void) {
    ane_id s = surface_of(SURFACE);
    signal(SIGSEGV, on_fault);
    signal(SIGBUS, on_fault);
    *(volatile char *)a.IOSurfaceGetBaseAddress(s) = 1;
}

static void array_leaked(void) {
    ane_string(&a, "forgotten");
}

static void device_info(void) {
    char name[20];
    CHECK(SEND(send_flag)(a.classes.device_info, a.selectors.has_ane));
    CHECK(ane_text(&a, SEND(send_0)(a.classes.device_info, a.selectors.architecture), name,
                   sizeof name));
    CHECK(strcmp(name, "h17") == 0);
    CHECK(!SEND(send_flag)(NULL, a.selectors.has_ane)); /* nil answers nothing */
}

/* --- faults --- */

static void fails_to_compile(void) {
    sample s = make(DIFFERENCE, 0, NULL);
    CHECK(compile(&s) && !compile(&s));
    expect_error_of(&s, COMPILER, 1, "err=(InvalidMILProgram)");
    CHECK(compile(&s));
    drop(&s);
}

static void fails_to_load(void) {
    sample s = make(DIFFERENCE, 0, NULL);
    CHECK(compile(&s) && !load(&s));
    expect_error_of(&s, ENGINE, 1, "Must re-compile");
    CHECK(!load(&s)); /* 1+: always */
    drop(&s);
}

static void fails_to_evaluate(void) {
    runnable r = ready();
    CHECK(run(&r) && !run(&r));
    expect_error_of(&r.s, ENGINE, 8, "0x1d");
    CHECK(run(&r));
    close_runnable(&r);
}

static void fails_to_unload(void) {
    sample s = loaded(DIFFERENCE);
    CHECK(!unload(&s));
    drop(&s);
}

static void silent(void) {
    sample s = make(DIFFERENCE, 0, NULL);
    CHECK(compile(&s) && !in_folder(&s, "net.plist") && !load(&s));
    CHECK(compile(&s) && load(&s));
    close_sample(&s);
}

static void service_restarts(void) {
    sample s = make(DIFFERENCE, 0, NULL);
    CHECK(!compile(&s) && !compile(&s));
    expect_error_of(&s, COMPILER, 1, "err=()");
    nanosleep(&(struct timespec){0, 150000000}, NULL);
    CHECK(compile(&s));
    drop(&s);
}

static void disk_full(void) {
    sample s = make(DIFFERENCE, 0, NULL);
    CHECK(!compile(&s) && !load(&s)); /* half a net.plist */
    CHECK(compile(&s) && load(&s));
    close_sample(&s);
}

static void no_folder(void) {
    sample s = make_bare(DIFFERENCE, 0, NULL);
    CHECK(folder_make(s.folder) != 0 && !compile(&s));
    ane_release(&a, s.model);
    ane_release(&a, s.none);
}

static void data_spoiled(float expected) {
    runnable r = ready();
    CHECK(run(&r));
    expect_all(&r, expected);
    CHECK(run(&r));
    expect_all(&r, 2); /* only the first time */
    close_runnable(&r);
}

static void wrong(void) {
    runnable r = ready();
    CHECK(run(&r));
    CHECK(half_at(r.out, 4 * 64) == 3 && half_at(r.out, 0) == 2);
    close_runnable(&r);
}

static void zeros(void) {
    data_spoiled(0);
}

static void stale(void) {
    data_spoiled(77);
}

static void swapped(void) {
    data_spoiled(-2);
}

static void ignored(void) {
    data_spoiled(3);
}

static void slow(void) {
    runnable r = ready();
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    CHECK(run(&r));
    clock_gettime(CLOCK_MONOTONIC, &to);
    CHECK((to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000 >= 50);
    close_runnable(&r);
}

static void no_surface(void) {
    ane_id none = ane_dictionary(&a, 0, NULL, NULL);
    CHECK(!a.IOSurfaceCreate(none)); /* no size */
    ane_release(&a, none);
    a.CFRelease(surface_of(SURFACE));
    const ane_id keys[] = {a.kIOSurfaceWidth, a.kIOSurfaceHeight, a.kIOSurfaceBytesPerElement,
                           a.kIOSurfaceBytesPerRow, a.kIOSurfaceAllocSize};
    ane_id one = ane_number(&a, 1), values[] = {one, one, one, one, one};
    ane_id properties = ane_dictionary(&a, 5, keys, values);
    CHECK(!a.IOSurfaceCreate(properties)); /* the fault: no memory */
    ane_release(&a, properties);
    ane_release(&a, one);
}

/* --- every failure by name --- */

#define PROCESS_REQUEST(status)                                                                    \
    "ANEProgramProcessRequestDirect() Failed with status=" status                                  \
    " : statusType=0x9: Program Inference error"
static const struct {
    const char *name, *domain, *text;
    long code;
} failures[] = {
#define FAILURE(id, name, domain, code, text) {name, domain, text, code},
#include "../ane_sim/failures.def"
};

static void any_failure(void) {
    long row = strtol(getenv("ANE_SIM_TEST_ROW"), NULL, 10);
    runnable r = ready();
    CHECK(!run(&r));
    expect_error_of(&r.s, failures[row].domain, failures[row].code, failures[row].text);
    close_runnable(&r);
}

typedef struct test_case {
    const char *name;
    void (*run)(void);
    const char *environment; /* "NAME=value NAME=value" or NULL */
    int code;
    const char *says; /* on stderr; NULL: anything */
} test_case;

#define FAULT "ANE_SIM_FAULT="
static const test_case cases[] = {
    {"any failure", any_failure, NULL, OK, NULL}, /* the first: also run for each of them */
    {"whole sequence", whole_sequence, NULL, OK, NULL},
    {"whole sequence on m5", whole_sequence, "ANE_SIM_CHIP=m5", OK, NULL},
    {"load without compile", no_compile, NULL, OK, NULL},
    {"NSString for a text", text_as_string, NULL, FATAL, "NSData"},
    {"nil for weights", no_weights, NULL, FATAL, "nil crashes"},
    {"nil for options", no_options, NULL, FATAL, "nil where a NSDictionary"},
    {"QoS", qos_of_range, NULL, FATAL, "fine so far"},
    {"no files", no_files, NULL, OK, "model.mil is not in"},
    {"another text in the folder", other_text, NULL, FATAL, "not what the descriptor"},
    {"no MIL", bad_mil, NULL, OK, NULL},
    {"gelu without mode", bad_op, NULL, OK, "A0009"},
    {"new dialect on m1", bad_for_m1, "ANE_SIM_CHIP=m1", OK, "A0001"},
    {"narrow ports are taken", good_for_m4, NULL, OK, NULL},
    {"narrow ports are rejected", bad_op, "ANE_SIM_REJECT=A0009,A0110", OK, NULL},
    {"119 compiles", compile_often, NULL, OK, "limit of compiles"},
    {"two compiles", compile_limit, "ANE_SIM_COMPILE_LIMIT=2", OK, NULL},
    {"baked weights", baked_weights, NULL, OK, NULL},
    {"missing weights", missing_weights, NULL, OK, NULL},
    {"unlisted weights", unlisted_weights, NULL, OK, NULL},
    {"another system", cached_elsewhere, NULL, OK, NULL},
    {"load limit", load_limit, "ANE_SIM_LOAD_LIMIT=2", OK, "too many programs"},
    {"never unloaded", never_unloaded, NULL, FATAL, "programs loaded: 1"},
    {"folder left", folder_left, NULL, FATAL, "temporary folders: 1"},
    {"attributes", attributes_of_example, NULL, OK, NULL},
    {"five axes", strides_of_five, "ANE_SIM_ROW=128", OK, NULL},
    {"small types", small_types, NULL, OK, NULL},
    {"order by name", order_by_name, NULL, OK, NULL},
    {"order by size", order_by_size, "ANE_SIM_CHIP=m1", OK, NULL},
    {"wrong order", order_wrong, "ANE_SIM_SMALLEST=1", OK, NULL},
    {"wrong surfaces", wrong_surfaces, NULL, OK, NULL},
    {"surface not of 128 bytes", odd_surface, "ANE_SIM_CHIP=m5", OK, "no multiple"},
    {"equal surfaces only", unequal_surfaces, "ANE_SIM_SIZES=equal", OK, "the one before"},
    {"ascending surfaces only", ascending_surfaces, "ANE_SIM_SIZES=ascending", OK, NULL},
    {"not loaded", not_loaded, NULL, OK, NULL},
    {"locked surface", locked_surface, NULL, FATAL, "locked"},
    {"two threads", two_threads, FAULT "slow:100ms", FATAL, "two threads"},
    {"forked", forked, NULL, FATAL, "forked child"},
    {"used after release", used_after_release, NULL, FATAL, "after its release"},
    {"released twice", released_twice, NULL, FATAL, "after its release"},
    {"unknown selector", unknown_selector, NULL, FATAL, "unrecognized selector"},
    {"unregistered selector", unregistered_selector, NULL, FATAL, "never registered"},
    {"no pool", no_pool, NULL, FATAL, "no pool in place"},
    {"pools crossed", pools_crossed, NULL, FATAL, "another order"},
    {"pool left open", pool_open, NULL, FATAL, "autorelease pools open: 2"},
    {"surface left", surface_left, NULL, FATAL, "surfaces alive: 1"},
    {"lock left", lock_left, NULL, FATAL, "surface locks held: 1"},
    {"string left", array_leaked, NULL, FATAL, "NSString number"},
    {"device info", device_info, "ANE_SIM_CHIP=m5", OK, NULL},
    {"unknown chip", good_for_m4, "ANE_SIM_CHIP=m9", FATAL, "m1 to m6"},
    {"fault: unknown", device_info, FAULT "rust", FATAL, "no fault 'rust'"},
    {"fault: bad number", device_info, FAULT "load:x", FATAL, "not understood"},
    {"fault: compile", fails_to_compile, FAULT "compile:2=invalid-program", OK, NULL},
    {"fault: load", fails_to_load, FAULT "load:1+", OK, NULL},
    {"fault: evaluate", fails_to_evaluate, FAULT "slow:1ms,evaluate:2", OK, NULL},
    {"fault: unload", fails_to_unload, FAULT "unload:1", OK, NULL},
    {"fault: silent", silent, FAULT "silent:1", OK, NULL},
    {"fault: restart", service_restarts, FAULT "restart:1 ANE_SIM_RESTART_MS=100", OK, NULL},
    {"fault: disk", disk_full, FAULT "disk", OK, NULL},
    {"fault: folder", no_folder, FAULT "folder", OK, NULL},
    {"fault: wrong", wrong, FAULT "wrong:1", OK, NULL},
    {"fault: zeros", zeros, FAULT "zeros:1", OK, NULL},
    {"fault: stale", stale, FAULT "stale:1", OK, NULL},
    {"fault: swap", swapped, FAULT "swap:1", OK, NULL},
    {"fault: ignore", ignored, FAULT "ignore:1", OK, NULL},
    {"fault: slow", slow, FAULT "slow:50ms", OK, NULL},
    {"fault: surface", no_surface, FAULT "surface:2", OK, NULL},
    {"fault: no attributes", no_attributes, FAULT "attributes:missing", OK, NULL},
    {"fault: overlapping rows", bad_attributes, FAULT "attributes:contradictory", OK, NULL},
    {"fault: other names", other_names, FAULT "attributes:names", OK, NULL},
    {"fault: fewer ports", fewer_ports, FAULT "attributes:fewer", OK, NULL},
    /* the last, because valgrind calls it an error */
    {"touched without a lock", touched_unlocked, NULL, TOUCHED, NULL},
};

enum { CASES = sizeof cases / sizeof *cases, ANY_FAILURE = 0 };

/* --- running them --- */

static int run_case(int i) {
    open_api();
    cases[i].run();
    close_api();
    return OK;
}

static void check_case(scratch *s, int i, const char *environment) {
    const test_case *c = &cases[i];
    const char *temporary = path_join(s->memory, s->folder, "temporary");
    assert_int_equal(folder_make(temporary), 0);
    const char *settings =
        arena_printf(s->memory, "ANE_SIM_LOG=1 %s", environment ? environment : "");
    int status = own_process_run(s, i, temporary, settings);
    assert_int_equal(system(arena_printf(s->memory, "rm -rf '%s'", temporary)), 0);
    size_t n;
    const char *said = scratch_read(s, scratch_path(s, "stderr"), &n);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != c->code ||
        (c->says && !strstr(said, c->says))) {
        fail_msg("%s (%s): status %x instead of exit code %d%s%s: %s", c->name,
                 environment ? environment : "", (unsigned)status, c->code, c->says ? " and " : "",
                 c->says ? c->says : "", said);
    }
}

static void all_cases(void **state) {
    for (int i = ANY_FAILURE + 1; i < CASES; i++) {
        check_case(*state, i, cases[i].environment);
    }
}

static void all_failures(void **state) {
    for (size_t row = 0; row < sizeof failures / sizeof *failures; row++) {
        char environment[200];
        snprintf(environment, sizeof environment, "ANE_SIM_TEST_ROW=%zu " FAULT "evaluate:1=%s",
                 row, failures[row].name);
        check_case(*state, ANY_FAILURE, environment);
    }
}

int main(int argc, char **argv) {
    if (argc == 2) {
        return run_case(atoi(argv[1]));
    }
    own_process_prepare(argv[0]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_cases, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(all_failures, scratch_open, scratch_close)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
