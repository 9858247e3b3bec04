/* infer_control.c: inference rules of state, control flow, lists and labels. */
#include "mil/infer.h"

/* --- state and control flow --- */

bool infer_read_state(mil_inference *in) {
    return rule_give_type(in, &rule_operand(in, "input")->type->part[0]);
}

bool infer_write_state(mil_inference *in) {
    if (!mil_types_agree(&rule_operand(in, "input")->type->part[0],
                         rule_operand(in, "data")->type)) {
        return rule_error(in, "data is not of the state's type");
    }
    return true;
}

/* loop variables go in and come out; both blocks take them, the body returns them */
bool infer_while_loop(mil_inference *in) {
    const mil_block *condition = &in->op->block[0], *body = &in->op->block[1];
    int count = (int)in->operands.len;
    if (condition->params != count || body->params != count || body->results != count ||
        condition->results != 1) {
        return rule_error(in,
                          "%d loop variables need blocks with as many parameters, a condition with "
                          "one result and a body with as many results",
                          count);
    }
    for (int i = 0; i < count; i++) {
        const mil_type *type = in->operands.at[i].type;
        if (!mil_types_agree(type, &condition->param[i].type) ||
            !mil_types_agree(type, &body->param[i].type)) {
            return rule_error(in, "loop variable %d is not of the type of the blocks' parameter",
                              i + 1);
        }
        rule_give_type(in, type);
    }
    return true;
}

bool infer_cond(mil_inference *in) {
    const mil_block *yes = &in->op->block[0], *no = &in->op->block[1];
    if (yes->results != in->op->outs || no->results != in->op->outs || yes->params || no->params) {
        return rule_error(in, "both blocks must take nothing and return %d values", in->op->outs);
    }
    return rule_give_unknown(in);
}

/* --- lists --- */

/* the type of a list's elements */
static const mil_type *element_of(const mil_inference *in) {
    return rule_operand(in, "ls")->type->part;
}

/* the declared result must be a list of such elements: shapes may have names for open dims */
static bool check_list(mil_inference *in, mil_dtype dtype, int64_t length) {
    const mil_type *out = in->op->outs == 1 ? &in->op->out[0].type : NULL;
    int64_t rank = (int64_t)rule_operand_count(in, "elem_shape");
    if (!out || out->kind != MIL_LIST || out->part->kind != MIL_TENSOR ||
        out->part->dtype != dtype || out->part->rank != rank) {
        return rule_error(in, "the result must be a list of tensors of %s of rank %lld",
                          mil_dtype_name(dtype), (long long)rank);
    }
    for (int i = 0; i < out->part->rank; i++) {
        const mil_value *dim = rule_operand(in, "elem_shape")[i].value;
        bool known = dim && dim->kind == MIL_NUMBERS && dim->count == 1;
        if (known && !rule_same_dim(out->part->dims[i], (int64_t)dim->numbers[0])) {
            return rule_error(in, "dimension %d of the elements is %g, declared as %lld", i,
                              dim->numbers[0], (long long)out->part->dims[i]);
        }
    }
    return rule_same_dim(out->length, length) ||
           rule_error(in, "a list of %lld elements is declared with %lld", (long long)length,
                      (long long)out->length);
}

bool infer_make_list(mil_inference *in) {
    int64_t length;
    mil_dtype dtype;
    bool known = rule_dtype(in, "dtype", MIL_FP32, &dtype);
    if (known && dtype == MIL_NONE) {
        return rule_error(in, "\"%s\" is not a type", rule_string(in, "dtype"));
    }
    if (!rule_want_scalar(in, "init_length", 0, 1, &length)) {
        return false;
    }
    return (!known || check_list(in, dtype, length)) && rule_give_unknown(in);
}

bool infer_list_read(mil_inference *in) {
    return rule_want_rank(in, "index", 0, 0) && rule_give_type(in, element_of(in));
}

bool infer_list_write(mil_inference *in) {
    if (!mil_types_agree(rule_operand(in, "value")->type, element_of(in))) {
        return rule_error(in, "value is not of the type of the list's elements");
    }
    return rule_want_rank(in, "index", 0, 0) && rule_give_type(in, rule_operand(in, "ls")->type);
}

/* [number of indices, the element's dims ..] */
static bool stacked_shape(mil_inference *in, mil_shape *out) {
    const mil_type *element = element_of(in);
    if (element->kind != MIL_TENSOR) {
        return rule_error(in, "the elements of the list are not tensors");
    }
    *out = (mil_shape){.dtype = element->dtype, .rank = 1, .dims = {rule_length(in, "indices")}};
    for (int i = 0; i < element->rank; i++) {
        if (!rule_add_dim(in, out, element->dims[i])) {
            return false;
        }
    }
    return true;
}

bool infer_list_gather(mil_inference *in) {
    mil_shape out;
    return stacked_shape(in, &out) && rule_give(in, &out);
}

bool infer_list_scatter(mil_inference *in) {
    mil_shape value;
    return stacked_shape(in, &value) && rule_want_shape(in, "value", value.rank, value.dims) &&
           rule_give_type(in, rule_operand(in, "ls")->type);
}

bool infer_list_length(mil_inference *in) {
    mil_shape out = {.dtype = MIL_INT32};
    return rule_give(in, &out);
}

/* --- labels --- */

/* the label (of the classes' type) and a dict from labels to probabilities */
bool infer_classify(mil_inference *in) {
    const mil_type *label = rule_operand(in, "classes")->type->part;
    const mil_name *out = in->op->out;
    if (in->op->outs != 2) {
        return rule_error(in, "%d results are declared, the op has 2", in->op->outs);
    }
    bool right = mil_types_agree(&out[0].type, label) && out[1].type.kind == MIL_DICT &&
                 mil_types_agree(&out[1].type.part[0], label) &&
                 out[1].type.part[1].kind == MIL_TENSOR && mil_is_float(out[1].type.part[1].dtype);
    return right ? rule_give_unknown(in)
                 : rule_error(in, "the results must be a label and a dict from labels to floats");
}

/* --- buffers --- */

/* the on-device compiler says the shape in the result only */
bool infer_buffer_to_tensor(mil_inference *in) {
    const mil_type *buffer = rule_operand(in, "input")->type;
    mil_shape out = {.dtype = buffer->dtype, .rank = -1};
    return buffer->kind == MIL_BUFFER ? rule_give(in, &out)
                                      : rule_error(in, "input is not a tensor_buffer");
}

bool infer_tensor_to_buffer(mil_inference *in) {
    const mil_op *op = in->op;
    bool right = op->outs == 1 && op->out[0].type.kind == MIL_BUFFER &&
                 op->out[0].type.dtype == rule_operand(in, "input")->type->dtype;
    return right ? rule_give_unknown(in)
                 : rule_error(in, "the result must be a tensor_buffer of input's element type");
}
