/* infer_math.c: inference rules of constants and of arithmetic, element by element. */
#include "mil/infer.h"

#include <string.h>

bool infer_const(mil_inference *in) {
    const mil_attr *val = mil_find_attr(in->op, "val");
    if (!val) {
        return rule_error(in, "the attribute val is missing");
    }
    return val->value.typed ? rule_give_type(in, &val->value.type) : rule_give_unknown(in);
}

bool infer_same(mil_inference *in) {
    return rule_give_type(in, rule_operand(in, "x")->type);
}

bool infer_cast(mil_inference *in) {
    const char *name = rule_string(in, "dtype");
    mil_shape s = rule_operand_shape(in, "x");
    if (!name) {
        return rule_give_unknown(in);
    }
    s.dtype = mil_dtype_named(name, strlen(name));
    /* what x may be, a result may be */
    if (s.dtype == MIL_NONE || !(rule_operand(in, "x")->param->types >> s.dtype & 1)) {
        return rule_error(in, "\"%s\" is not a type that this opset can cast to", name);
    }
    return rule_give(in, &s);
}

static bool binary(mil_inference *in, const char *left, const char *right, mil_shape *out) {
    mil_shape x = rule_operand_shape(in, left), y = rule_operand_shape(in, right);
    /* an untyped literal takes the other operand's dtype */
    const mil_value *literal = rule_operand(in, left)->value;
    mil_dtype dtype = literal && !literal->typed ? y.dtype : x.dtype;
    bool ok = rule_broadcast(in, &x, &y, out);
    out->dtype = dtype;
    return ok;
}

bool infer_broadcast(mil_inference *in) {
    mil_shape out;
    return binary(in, "x", "y", &out) && rule_give(in, &out);
}

bool infer_compare(mil_inference *in) {
    mil_shape out;
    if (!binary(in, "x", "y", &out)) {
        return false;
    }
    out.dtype = MIL_BOOL;
    return rule_give(in, &out);
}

bool infer_select(mil_inference *in) {
    mil_shape cond = rule_operand_shape(in, "cond"), out;
    if (!binary(in, "a", "b", &out) || !rule_broadcast(in, &out, &cond, &out)) {
        return false;
    }
    return rule_give(in, &out);
}
