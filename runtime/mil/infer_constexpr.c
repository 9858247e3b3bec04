/* infer_constexpr.c: inference rules of compressed weights and of quantization. */
#include "mil/infer.h"

static bool give_as(mil_inference *in, const char *shaped_like, const char *typed_like) {
    mil_shape s = rule_operand_shape(in, shaped_like);
    s.dtype = rule_operand(in, typed_like)->type->dtype;
    return rule_give(in, &s);
}

/* --- scales and zero points --- */

/* one number, or one for each entry along `axis` of `data` */
static bool want_scale(mil_inference *in, const char *name, const mil_shape *data, int axis) {
    const mil_operand *o = rule_operand(in, name);
    if (!o || o->type->rank == 0) {
        return true;
    }
    if (axis < 0) {
        return rule_want_rank(in, name, 0, 1);
    }
    return mil_elements(o->type) == 1 || rule_want_vector(in, name, data->dims[axis]);
}

static bool check_scales(mil_inference *in, const char *data, const char *offset) {
    mil_shape s = rule_operand_shape(in, data);
    int axis = -1;
    return (!rule_operand(in, "axis") || rule_constant_axis(in, "axis", 0, s.rank, &axis)) &&
           want_scale(in, "scale", &s, axis) && want_scale(in, offset, &s, axis);
}

bool infer_affine_dequantize(mil_inference *in) {
    return check_scales(in, "quantized_data", "zero_point") &&
           give_as(in, "quantized_data", "scale");
}

bool infer_dequantize(mil_inference *in) {
    return check_scales(in, "input", "zero_point") && give_as(in, "input", "scale");
}

bool infer_quantize(mil_inference *in) {
    mil_shape out = rule_operand_shape(in, "input");
    if (!check_scales(in, "input", "zero_point")) {
        return false;
    }
    if (!rule_dtype(in, "output_dtype", MIL_NONE, &out.dtype)) {
        return rule_give_unknown(in);
    }
    const mil_operand *zero = rule_operand(in, "zero_point");
    if (zero && zero->type->dtype != out.dtype) {
        return rule_error(in, "zero_point is %s, output_dtype is %s",
                          mil_dtype_name(zero->type->dtype), mil_dtype_name(out.dtype));
    }
    return rule_give(in, &out);
}

/* each axis of `dims` must fall into blocks of equal size, one for each entry of the table */
static bool check_blocks(mil_inference *in, const char *table, int rank, const int64_t *dims) {
    const mil_operand *o = rule_operand(in, table);
    for (int i = 0; o && i < rank; i++) {
        int64_t blocks = o->type->dims[i];
        if (dims[i] >= 0 && blocks >= 0 && (blocks == 0 || dims[i] % blocks != 0)) {
            return rule_error(in, "%s has %lld blocks along axis %d, which is %lld long", table,
                              (long long)blocks, i, (long long)dims[i]);
        }
    }
    return true;
}

static bool check_block_scales(mil_inference *in, const mil_shape *data) {
    const mil_operand *scale = rule_operand(in, "scale");
    return rule_want_rank(in, "scale", data->rank, data->rank) &&
           rule_want_shape(in, "offset", scale->type->rank, scale->type->dims) &&
           check_blocks(in, "scale", data->rank, data->dims);
}

bool infer_blockwise_shift_scale(mil_inference *in) {
    mil_shape data = rule_operand_shape(in, "data");
    return check_block_scales(in, &data) && give_as(in, "data", "scale");
}

/* the mask and the numbers at its ones */
static bool give_sparse(mil_inference *in, const char *mask, const char *data, const char *typed) {
    return rule_want_rank(in, data, 1, 1) && give_as(in, mask, mask) && give_as(in, data, typed);
}

bool infer_sparse_shift_scale(mil_inference *in) {
    mil_shape mask = rule_operand_shape(in, "data_mask");
    return check_block_scales(in, &mask) && give_sparse(in, "data_mask", "nonzero_data", "scale");
}

/* --- sparse weights --- */

/* bits, or codes of some bits each, packed into so many bytes */
static bool want_packed(mil_inference *in, const char *name, int64_t elements, int bits) {
    bool known = elements >= 0 && elements <= (INT64_MAX - 7) / bits;
    return !known || rule_want_vector(in, name, (elements * bits + 7) / 8);
}

bool infer_packed_sparse_to_dense(mil_inference *in) {
    mil_shape out;
    return rule_want_rank(in, "nonzero_data", 1, 1) &&
           rule_shape_from(in, "shape", rule_operand(in, "nonzero_data")->type->dtype, &out) &&
           want_packed(in, "mask", rule_shape_elements(&out), 1) && rule_give(in, &out);
}

bool infer_sparse_to_dense(mil_inference *in) {
    return rule_want_rank(in, "nonzero_data", 1, 1) && give_as(in, "mask", "nonzero_data");
}

/* --- palettes --- */

/* the number of bits of an index into so many entries; 0 if there is none */
static int index_bits(int64_t entries) {
    static const int widths[] = {1, 2, 3, 4, 6, 8};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        if (entries == (int64_t)1 << widths[i]) {
            return widths[i];
        }
    }
    return 0;
}

/* ios16: `indices` packs codes of log2(entries of lut) bits */
bool infer_packed_lut_to_dense(mil_inference *in) {
    mil_shape lut = rule_operand_shape(in, "lut"), out;
    if (!rule_want_rank(in, "lut", 1, 1) || !rule_shape_from(in, "shape", lut.dtype, &out)) {
        return false;
    }
    int bits = index_bits(lut.dims[0]);
    if (lut.dims[0] >= 0 && bits == 0) {
        return rule_error(in, "lut has %lld entries, expected 2, 4, 8, 16, 64 or 256",
                          (long long)lut.dims[0]);
    }
    return (bits == 0 || want_packed(in, "indices", rule_shape_elements(&out), bits)) &&
           rule_give(in, &out);
}

/* ios18: lut has groups for the axes of `dims`, 2^n entries and vectors of some length */
static bool check_palette(mil_inference *in, const char *indices, const mil_shape *dims,
                          int64_t *vector) {
    const mil_type *lut = rule_operand(in, "lut")->type;
    if (!rule_want_rank(in, "lut", dims->rank + 2, dims->rank + 2)) {
        return false;
    }
    mil_dtype code = rule_operand(in, indices)->type->dtype;
    int64_t entries = lut->dims[dims->rank];
    *vector = lut->dims[dims->rank + 1];
    if (!rule_same_dim(entries, (int64_t)1 << mil_dtype_bits(code))) {
        return rule_error(in, "lut has %lld entries, an index of %s has %d", (long long)entries,
                          mil_dtype_name(code), 1 << mil_dtype_bits(code));
    }
    return check_blocks(in, "lut", dims->rank, dims->dims);
}

/* vectors make their axis longer */
static bool stretch(mil_inference *in, int64_t vector, mil_shape *out) {
    int axis = -1;
    if (rule_operand(in, "vector_axis") &&
        !rule_constant_axis(in, "vector_axis", 0, out->rank, &axis)) {
        return false;
    }
    if (vector > 1 && !rule_operand(in, "vector_axis")) {
        return rule_error(in, "a lut of vectors of %lld needs vector_axis", (long long)vector);
    }
    if (vector == 1) {
        return true;
    }
    if (axis < 0) {
        *out = rule_unknown_dims(out->dtype, out->rank);
        return true;
    }
    return rule_multiply_dims(in, out->dims[axis], vector, &out->dims[axis]);
}

bool infer_lut_to_dense(mil_inference *in) {
    mil_shape out = rule_operand_shape(in, "indices");
    int64_t vector;
    if (!check_palette(in, "indices", &out, &vector) || !stretch(in, vector, &out)) {
        return false;
    }
    out.dtype = rule_operand(in, "lut")->type->dtype;
    return rule_give(in, &out);
}

/* the mask and the entries that its ones choose; vectors make both longer */
bool infer_lut_to_sparse(mil_inference *in) {
    mil_shape mask = rule_operand_shape(in, "indices_mask");
    int64_t vector;
    if (!check_palette(in, "indices_nonzero_data", &mask, &vector) || !stretch(in, vector, &mask)) {
        return false;
    }
    mil_shape data = rule_operand_shape(in, "indices_nonzero_data");
    data.dtype = rule_operand(in, "lut")->type->dtype;
    return rule_want_rank(in, "indices_nonzero_data", 1, 1) &&
           rule_multiply_dims(in, data.dims[0], vector, &data.dims[0]) && rule_give(in, &mask) &&
           rule_give(in, &data);
}

bool infer_constexpr_cast(mil_inference *in) {
    mil_shape out = rule_operand_shape(in, "source_val");
    return rule_dtype(in, "output_dtype", MIL_NONE, &out.dtype) ? rule_give(in, &out)
                                                                : rule_give_unknown(in);
}
