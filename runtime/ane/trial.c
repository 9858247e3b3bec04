/* trial.c: see trial.h. */
#include "ane/trial.h"

#include "ane/program.h"
#include "base/half.h"
#include "mil/blob.h"

#include <string.h>

enum { SIDE = 32, ELEMENTS = SIDE * SIDE };

/* A product with one constant and a scale by another, in the dialect that every chip reads. By path
 * the second constant comes first: their order in `data` matters. */
static const char TEXT[] =
    "program(1.0)\n"
    "[buildInfo = dict<tensor<string, []>, tensor<string, []>>({{\"coremlc-component-MIL\", "
    "\"3510.2.1\"}})]\n"
    "{\n"
    "    func main<ios16>(tensor<fp16, [1, 32, 1, 32]> x) {\n"
    "        tensor<fp16, [32, 32, 1, 1]> w = const()[name = tensor<string, []>(\"w\"), val = "
    "tensor<fp16, [32, 32, 1, 1]>(BLOBFILE(path = tensor<string, "
    "[]>(\"@model_path/weights/turn.bin\"), offset = tensor<uint64, []>(64)))];\n"
    "        tensor<fp16, [1, 32, 1, 1]> g = const()[name = tensor<string, []>(\"g\"), val = "
    "tensor<fp16, [1, 32, 1, 1]>(BLOBFILE(path = tensor<string, "
    "[]>(\"@model_path/weights/scale.bin\"), offset = tensor<uint64, []>(64)))];\n"
    "        tensor<string, []> pad_type = const()[name = tensor<string, []>(\"pad_type\"), val = "
    "tensor<string, []>(\"valid\")];\n"
    "        tensor<int32, [4]> pad = const()[name = tensor<string, []>(\"pad\"), val = "
    "tensor<int32, [4]>([0, 0, 0, 0])];\n"
    "        tensor<int32, [2]> one = const()[name = tensor<string, []>(\"one\"), val = "
    "tensor<int32, [2]>([1, 1])];\n"
    "        tensor<int32, []> groups = const()[name = tensor<string, []>(\"groups\"), val = "
    "tensor<int32, []>(1)];\n"
    "        tensor<fp16, [1, 32, 1, 32]> h = conv(dilations = one, groups = groups, pad = pad, "
    "pad_type = pad_type, strides = one, weight = w, x = x)[name = tensor<string, []>(\"h\")];\n"
    "        tensor<fp16, [1, 32, 1, 32]> y = mul(x = h, y = g)[name = tensor<string, "
    "[]>(\"y\")];\n"
    "    } -> (y);\n"
    "}\n";

/* The weights turn the channels by so many, and scale them: small integers, exact on every chip. */
typedef struct weights {
    int turn;
    mil_blob_writer file[2];
    anet_blob blob[2];
    anet_source source;
} weights;

static float scale_of(int turn, int channel) {
    return (float)(1 + (channel + turn) % 5);
}

static float input_at(int channel, int column) {
    return (float)((3 * channel + column) % 11);
}

static void make_weights(weights *w, int turn) {
    uint16_t matrix[ELEMENTS] = {0}, scale[SIDE];
    for (int i = 0; i < SIDE; i++) {
        matrix[i * SIDE + (i + turn) % SIDE] = half_bits(1);
        scale[i] = half_bits(scale_of(turn, i));
    }
    *w = (weights){.turn = turn};
    mil_blob_add(&w->file[0], MIL_FP16, matrix, ELEMENTS);
    mil_blob_add(&w->file[1], MIL_FP16, scale, SIDE);
    static const char *const paths[] = {"@model_path/weights/turn.bin",
                                        "@model_path/weights/scale.bin"};
    for (int i = 0; i < 2; i++) {
        mil_blob_finish(&w->file[i]);
        w->blob[i] = (anet_blob){paths[i], w->file[i].bytes.at, w->file[i].bytes.len};
    }
    w->source = (anet_source){"the trial of patching", TEXT, sizeof TEXT - 1, w->blob, 2};
}

static void free_weights(weights *w) {
    text_free(&w->file[0].bytes);
    text_free(&w->file[1].bytes);
}

static bool is_right(const float *y, int turn) {
    bool right = true;
    for (int i = 0; i < ELEMENTS && right; i++) {
        int c = i / SIDE;
        right = y[i] == input_at((c + turn) % SIDE, i % SIDE) * scale_of(turn, c);
    }
    return right;
}

/* the turn of the weights that it computed with; -1: of none */
static anet_code evaluate(anet_program *p, const weights *old, const weights *new, int *turn,
                          anet_error *why) {
    anet_surface x, y, *in[] = {&x}, *out[] = {&y};
    float values[ELEMENTS];
    for (int i = 0; i < ELEMENTS; i++) {
        values[i] = input_at(i / SIDE, i % SIDE);
    }
    ane_surface_init(&x.s, &p->engine->memory, ELEMENTS, NULL);
    ane_surface_init(&y.s, &p->engine->memory, ELEMENTS, NULL);
    ane_surface_write(&x.s, values, ELEMENTS);
    if (!ane_program_evaluate(p, in, out, why)) {
        const float *found = ane_surface_read(&y.s);
        *turn = is_right(found, old->turn)   ? old->turn
                : is_right(found, new->turn) ? new->turn
                                             : -1;
    }
    ane_surface_free(&x.s);
    ane_surface_free(&y.s);
    return why->code;
}

static anet_code compare(ane_engine *e, const weights *old, const weights *new, anet_error *why) {
    anet_program *p = NULL;
    int before = -1, after = -1;
    if (!ane_program_new(e, &old->source, &p, why) && !evaluate(p, old, new, &before, why) &&
        before != old->turn) {
        anet_fail(why, ANET_FAILED,
                  "the trial of patching: the program as it was compiled gives "
                  "wrong numbers");
    }
    if (!why->code && !ane_program_change(p, &new->source, ANE_PATCHED, why) &&
        !evaluate(p, old, new, &after, why) && after != new->turn) {
        anet_fail(why, ANET_FAILED, "the trial of patching: %s",
                  after == old->turn ? "the patched program computes with the weights of before"
                                     : "the patched program gives wrong numbers");
    }
    ane_program_free(p);
    return why->code;
}

anet_code ane_trial(ane_engine *e, anet_error *why) {
    weights old, new;
    make_weights(&old, 1);
    make_weights(&new, 7);
    anet_code code = compare(e, &old, &new, why);
    free_weights(&old);
    free_weights(&new);
    return code;
}
