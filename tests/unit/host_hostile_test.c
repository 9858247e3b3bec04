/* Ops on whole tensors with shapes and numbers that do not fit together: each is computed or
 * refused with a message, and nothing is read or written outside (seen by sanitizers). */
#include "host_run.h"

typedef struct row {
    const char *op;
    int ins, outs;
    const char *tensors; /* arguments that are tensors, as `name name` */
    const char *lists;   /* .. that are lists of integers */
    const char *numbers; /* .. that are one integer */
    const char *words;   /* .. that are strings: name=one|two */
    const char *switches;
} row;

#define WINDOW "strides pad dilations"
#define PADDING "pad_type=valid|custom|same|same_lower"
#define SAMPLING                                                                                   \
    "sampling_mode=DEFAULT|STRICT_ALIGN_CORNERS|ALIGN_CORNERS|OFFSET_CORNERS|UNALIGN_CORNERS"
#define WEIGHTS                                                                                    \
    "initial_h initial_c weight_ih weight_hh bias peephole weight_ih_back weight_hh_back"

static const row rows[] = {
    {"conv", 3, 1, "x weight bias", WINDOW, "groups", PADDING, ""},
    {"conv_transpose", 3, 1, "x weight bias", WINDOW, "groups", PADDING, ""},
    {"max_pool", 1, 1, "x", "kernel_sizes strides pad", "", PADDING, "ceil_mode"},
    {"avg_pool", 1, 1, "x", "kernel_sizes strides pad", "", PADDING,
     "exclude_padding_from_average"},
    {"linear", 3, 1, "x weight bias", "", "", "", ""},
    {"scaled_dot_product_attention", 4, 1, "query key value attn_mask", "", "", "", ""},
    {"layer_norm", 3, 1, "x gamma beta", "axes", "", "", ""},
    {"instance_norm", 3, 1, "x gamma beta", "", "", "", ""},
    {"batch_norm", 5, 1, "x mean variance gamma beta", "", "", "", ""},
    {"l2_norm", 1, 1, "x", "", "", "", ""},
    {"local_response_norm", 1, 1, "x", "", "size", "", ""},
    {"reduce_prod", 1, 1, "x", "axes", "", "", "keep_dims"},
    {"reduce_log_sum_exp", 1, 1, "x", "axes", "", "", "keep_dims"},
    {"cumsum", 1, 1, "x", "", "axis", "", "exclusive reverse"},
    {"reduce_argmax", 1, 1, "x", "", "axis", "", "keep_dims"},
    {"lstm", 9, 3, "x " WEIGHTS, "", "", "direction=forward|reverse|bidirectional",
     "output_sequence"},
    {"gru", 6, 2, "x initial_h weight_ih weight_hh bias input_bias", "", "",
     "direction=forward|reverse", "output_sequence reset_after"},
    {"rnn", 5, 2, "x initial_h weight_ih weight_hh bias", "", "", "direction=forward|reverse",
     "output_sequence"},
    {"upsample_bilinear", 1, 1, "x", "", "", "", "align_corners half_pixel_centers"},
    {"resize_bilinear", 1, 1, "x", "", "", SAMPLING, ""},
    {"resize_nearest_neighbor", 1, 1, "x", "", "", "", ""},
    {"resize", 1, 1, "x", "", "resized_dims", SAMPLING, ""},
    {"crop_resize", 3, 1, "x boxes box_indices", "", "", SAMPLING, "normalized_coordinates"},
    {"crop_resize", 2, 1, "x roi", "", "", SAMPLING, "normalized_coordinates"},
    {"resample", 2, 1, "x coordinates", "", "", "padding_mode=constant|border|reflection|symmetric",
     "align_corners"},
    {"affine", 2, 1, "x transform_matrix", "", "",
     "padding_mode=constant|border|reflection|symmetric", ""},
};

static uint32_t seed = 11;

/* mostly small ones; now and then a limit of its type */
static long long any_number(void) {
    static const long long odd[] = {0, -1, -7, INT32_MAX, INT32_MIN, 1 << 20};
    return host_pick(&seed, 0, 7) ? (long long)host_pick(&seed, 1, 4) : odd[host_pick(&seed, 0, 5)];
}

static host_tensor any_tensor(const char *name) {
    static const float odd[] = {0, -1e30f, 1e30f, 3};
    size_t dims[6] = {0}, rank = host_pick(&seed, 1, 5);
    for (size_t i = 0; i < rank; i++) {
        dims[i] = host_pick(&seed, 0, 3) ? host_pick(&seed, 1, 3) : host_pick(&seed, 1, 6);
    }
    if (strcmp(name, "box_indices") == 0) {
        return host_ints(name, dims, -1, 3, seed);
    }
    host_tensor t = host_floats(name, dims, seed);
    for (size_t i = 0; i < t.shape.n && host_pick(&seed, 0, 1); i += 3) {
        t.f[i] = odd[host_pick(&seed, 0, 3)];
    }
    return t;
}

/* the next word of a list, or NULL; what follows it stays in *list */
static const char *next_word(const char **list, char *to, size_t size) {
    size_t n = strcspn(*list, " ");
    snprintf(to, size, "%.*s", (int)n, *list);
    *list += n + ((*list)[n] == ' ');
    return n ? to : NULL;
}

static void add_word(char *args, const char *choice) {
    size_t name = strcspn(choice, "="), options = 1;
    for (const char *c = choice; *c; c++) {
        options += *c == '|';
    }
    const char *at = choice + name + 1;
    for (size_t k = host_pick(&seed, 0, options - 1); k > 0; k--) {
        at += strcspn(at, "|") + 1;
    }
    sprintf(args + strlen(args), ", %.*s = string(\"%.*s\")", (int)name, choice,
            (int)strcspn(at, "|"), at);
}

static void add_arguments(const row *r, char *args) {
    char name[200];
    for (const char *list = r->lists; next_word(&list, name, sizeof name);) {
        size_t n = host_pick(&seed, 1, 3) * (strcmp(name, "pad") == 0 ? 2 : 1);
        sprintf(args + strlen(args), ", %s = tensor<int32, [%zu]>([", name, n);
        for (size_t i = 0; i < n; i++) {
            sprintf(args + strlen(args), "%s%lld", i ? ", " : "", any_number());
        }
        strcat(args, "])");
    }
    for (const char *list = r->numbers; next_word(&list, name, sizeof name);) {
        sprintf(args + strlen(args), ", %s = int32(%lld)", name, any_number());
    }
    for (const char *list = r->switches; next_word(&list, name, sizeof name);) {
        sprintf(args + strlen(args), ", %s = bool(%s)", name,
                host_pick(&seed, 0, 1) ? "true" : "false");
    }
    for (const char *list = r->words; next_word(&list, name, sizeof name);) {
        add_word(args, name);
    }
}

/* whether it ran */
static bool try_row(const row *r) {
    static const char *const results[] = {"r0", "r1", "r2"};
    host_tensor in[16], out[3];
    char args[2000] = "", name[40];
    int n = 0;
    for (const char *list = r->tensors; next_word(&list, name, sizeof name); n++) {
        static char kept[16][40];
        strcpy(kept[n], name);
        in[n] = any_tensor(kept[n]);
        sprintf(args + strlen(args), "%s%s = %s", n ? ", " : "", name, name);
        if (n && host_pick(&seed, 0, 1)) { /* often shapes that have something to do with x */
            host_run_free(&in[n], 1);
            in[n] = host_floats(kept[n], in[0].shape.dim, seed);
        }
    }
    assert_int_equal(n, r->ins);
    for (int i = 0; i < r->outs; i++) {
        out[i] = host_pick(&seed, 0, 2) ? host_floats(results[i], in[0].shape.dim, 0)
                                        : any_tensor(results[i]);
        out[i].dtype = strstr(r->op, "arg") ? "int32" : "fp32";
    }
    add_arguments(r, args);
    anet_error err = {0};
    anet_code code = host_try(r->op, args, in, n, out, r->outs, &err);
    if (code && (code != ANET_BAD_INPUT || !err.message[0])) {
        fail_msg("%s(%s): code %d, %s", r->op, args, (int)code, err.message);
    }
    host_run_free(in, n);
    host_run_free(out, r->outs);
    return code == ANET_OK;
}

static void test_nothing_breaks(void **state) {
    (void)state;
    int ran = 0;
    for (int i = 0; i < 6000; i++) {
        ran += try_row(&rows[(size_t)i % (sizeof rows / sizeof *rows)]);
    }
    print_message("%d ran\n", ran);
    assert_true(ran > 300);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_nothing_breaks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
