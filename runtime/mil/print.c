/* print.c: a program as text, laid out as coremlc does. */
#include "mil/mil.h"
#include "mil/number.h"

enum { FUNC_INDENT = 4, OP_INDENT = 12, END_INDENT = 8, BLOCK_INDENT = 4 };

typedef struct printer {
    text *out;
    bool short_scalars; /* `fp16` of program(1.3) rather than `tensor<fp16, []>` */
} printer;

static void indent(const printer *p, int columns) {
    for (int i = 0; i < columns; i++) {
        text_putc(p->out, ' ');
    }
}

static void separate(const printer *p, int64_t index) {
    if (index > 0) {
        text_puts(p->out, ", ");
    }
}

static void print_string(const printer *p, const char *s) {
    text_putc(p->out, '"');
    for (; *s; s++) {
        switch (*s) {
        case '"':
        case '\\':
            text_putc(p->out, '\\');
            text_putc(p->out, *s);
            break;
        case '\n':
            text_puts(p->out, "\\n");
            break;
        default:
            text_putc(p->out, *s);
        }
    }
    text_putc(p->out, '"');
}

static void print_dim(const printer *p, int64_t dim) {
    if (dim < 0) {
        text_putc(p->out, '?');
    } else {
        mil_print_int64(p->out, dim);
    }
}

static void print_value(const printer *p, const mil_value *v);
static void print_type(const printer *p, const mil_type *t);

static void print_tensor_type(const printer *p, const mil_type *t) {
    if (t->rank == 0 && p->short_scalars) {
        text_puts(p->out, mil_dtype_name(t->dtype));
        return;
    }
    text_printf(p->out, "tensor<%s, [", mil_dtype_name(t->dtype));
    for (int i = 0; i < t->rank; i++) {
        separate(p, i);
        print_dim(p, t->dims[i]);
    }
    text_puts(p->out, "]>");
}

static void print_buffer_type(const printer *p, const mil_type *t) {
    text_printf(p->out, "tensor_buffer<%s", mil_dtype_name(t->dtype));
    for (int i = 0; i < t->buffer_ats; i++) {
        text_printf(p->out, ", %s = ", t->buffer_at[i].name);
        print_value(p, &t->buffer_at[i].value);
    }
    text_putc(p->out, '>');
}

static void print_type(const printer *p, const mil_type *t) {
    static const char *const words[] = {
        [MIL_LIST] = "list", [MIL_TUPLE] = "tuple", [MIL_DICT] = "dict", [MIL_STATE] = "state"};
    if (t->kind == MIL_TENSOR) {
        print_tensor_type(p, t);
        return;
    }
    if (t->kind == MIL_BUFFER) {
        print_buffer_type(p, t);
        return;
    }
    text_printf(p->out, "%s<", words[t->kind]);
    for (int i = 0; i < t->parts; i++) {
        separate(p, i);
        print_type(p, &t->part[i]);
    }
    if (t->kind == MIL_LIST) {
        text_puts(p->out, ", ");
        print_dim(p, t->length);
    }
    text_putc(p->out, '>');
}

static void print_element(const printer *p, const mil_value *v, size_t i) {
    if (v->kind == MIL_STRINGS) {
        print_string(p, v->strings[i]);
    } else if (v->type.dtype == MIL_BOOL) {
        text_puts(p->out, v->numbers[i] != 0 ? "true" : "false");
    } else if (!mil_is_integer(v->type.dtype)) {
        mil_print_float(p->out, v->numbers[i]);
    } else if (!v->integers) {
        mil_print_integer(p->out, v->numbers[i]);
    } else if (v->type.dtype == MIL_UINT64) {
        mil_print_uint64(p->out, (uint64_t)v->integers[i]);
    } else {
        mil_print_int64(p->out, v->integers[i]);
    }
}

/* the `size` elements from `first`, as nested as the dims from `axis` on say */
static void print_elements(const printer *p, const mil_value *v, int axis, size_t first,
                           size_t size) {
    if (axis == v->type.rank) {
        for (size_t i = 0; i < size; i++) {
            separate(p, (int64_t)i);
            print_element(p, v, first + i);
        }
        return;
    }
    int64_t dim = v->type.dims[axis];
    size_t parts = axis == v->type.rank - 1 || dim < 0 ? size : (size_t)dim;
    text_putc(p->out, '[');
    for (size_t i = 0; i < parts; i++) {
        separate(p, (int64_t)i);
        print_elements(p, v, axis + 1, first + i * (size / parts), size / parts);
    }
    text_putc(p->out, ']');
}

static void print_tensor(const printer *p, const mil_value *v) {
    bool whole = mil_elements(&v->type) == (int64_t)v->count;
    if (whole || v->type.rank <= 1) {
        print_elements(p, v, 0, 0, v->count);
        return;
    }
    mil_value flat =
        *v; /* the count does not fit the shape: a flat list, as the reader accepts it */
    flat.type.rank = 1;
    print_elements(p, &flat, 0, 0, v->count);
}

static void print_literal(const printer *p, const mil_value *v);

static void print_strings(const printer *p, const mil_value *v) {
    text_putc(p->out, '[');
    for (size_t i = 0; i < v->count; i++) {
        separate(p, (int64_t)i);
        print_string(p, v->strings[i]);
    }
    text_putc(p->out, ']');
}

static void print_items(const printer *p, const mil_value *v) {
    bool dict = v->type.kind == MIL_DICT;
    const char *ends = dict ? "{}" : v->type.kind == MIL_LIST ? "[]" : "()";
    text_putc(p->out, ends[0]);
    for (size_t i = 0; i < v->count; i++) {
        separate(p, (int64_t)i);
        if (dict && i % 2 == 0) {
            text_putc(p->out, '{');
        }
        print_literal(p, &v->items[i]);
        if (dict && i % 2 == 1) {
            text_putc(p->out, '}');
        }
    }
    text_putc(p->out, ends[1]);
}

static void print_blob(const printer *p, const mil_value *v) {
    mil_type path = mil_scalar(MIL_STRING), offset = mil_scalar(MIL_UINT64);
    text_puts(p->out, "BLOBFILE(path = ");
    print_type(p, &path);
    text_putc(p->out, '(');
    print_string(p, v->blob_path);
    text_puts(p->out, "), offset = ");
    print_type(p, &offset);
    text_putc(p->out, '(');
    mil_print_uint64(p->out, v->blob_offset);
    text_puts(p->out, "))");
}

static void print_literal(const printer *p, const mil_value *v) {
    if (v->kind == MIL_BLOB) {
        print_blob(p, v);
    } else if (v->kind == MIL_ITEMS) {
        print_items(p, v);
    } else if (v->type.kind == MIL_LIST) {
        print_strings(p, v);
    } else {
        print_tensor(p, v);
    }
}

static void print_value(const printer *p, const mil_value *v) {
    if (!v->typed) {
        print_literal(p, v);
        return;
    }
    print_type(p, &v->type);
    text_putc(p->out, '(');
    print_literal(p, v);
    text_putc(p->out, ')');
}

static void print_attrs(const printer *p, int n, const mil_attr *attr) {
    text_putc(p->out, '[');
    for (int i = 0; i < n; i++) {
        separate(p, i);
        text_printf(p->out, "%s = ", attr[i].name);
        print_value(p, &attr[i].value);
    }
    text_putc(p->out, ']');
}

static void print_arg(const printer *p, const mil_arg *arg) {
    if (arg->name) {
        text_printf(p->out, "%s = ", arg->name);
    }
    if (arg->kind == MIL_REF) {
        text_puts(p->out, arg->ref);
        return;
    }
    if (arg->kind == MIL_LITERAL) {
        print_value(p, arg->literal);
        return;
    }
    text_puts(p->out, arg->parts == 1 ? "" : "(");
    for (int i = 0; i < arg->parts; i++) {
        separate(p, i);
        print_arg(p, &arg->part[i]);
    }
    text_puts(p->out, arg->parts == 1 ? "" : ")");
}

static void print_names(const printer *p, int n, const mil_name *name) {
    for (int i = 0; i < n; i++) {
        separate(p, i);
        print_type(p, &name[i].type);
        text_printf(p->out, " %s", name[i].name);
    }
}

static void print_results(const printer *p, const mil_block *b, int columns) {
    indent(p, columns);
    text_puts(p->out, "} -> (");
    for (int i = 0; i < b->results; i++) {
        separate(p, i);
        text_puts(p->out, b->result[i]);
    }
    text_putc(p->out, ')');
}

static void print_op(const printer *p, const mil_op *op, int columns);

static void print_block(const printer *p, const mil_block *b, int columns) {
    text_putc(p->out, '\n');
    indent(p, columns);
    text_putc(p->out, '(');
    print_names(p, b->params, b->param);
    text_puts(p->out, ") {\n");
    for (int i = 0; i < b->ops; i++) {
        print_op(p, &b->op[i], columns + BLOCK_INDENT);
    }
    print_results(p, b, columns);
}

static void print_op(const printer *p, const mil_op *op, int columns) {
    indent(p, columns);
    print_names(p, op->outs, op->out);
    text_puts(p->out, op->outs ? " = " : "");
    text_puts(p->out, op->op);
    if (op->opset) {
        text_printf(p->out, "<%s>", op->opset);
    }
    text_putc(p->out, '(');
    for (int i = 0; i < op->args; i++) {
        separate(p, i);
        print_arg(p, &op->arg[i]);
    }
    text_putc(p->out, ')');
    if (op->attrs) {
        print_attrs(p, op->attrs, op->attr);
    }
    for (int i = 0; i < op->blocks; i++) {
        print_block(p, &op->block[i], columns + BLOCK_INDENT);
    }
    text_puts(p->out, ";\n");
}

static void print_func(const printer *p, const mil_func *f) {
    indent(p, FUNC_INDENT);
    text_printf(p->out, "func %s<%s>(", f->name, f->opset);
    print_names(p, f->body.params, f->body.param);
    text_puts(p->out, ") ");
    if (f->attrs) {
        print_attrs(p, f->attrs, f->attr);
        text_putc(p->out, ' ');
    }
    text_puts(p->out, "{\n");
    for (int i = 0; i < f->body.ops; i++) {
        print_op(p, &f->body.op[i], OP_INDENT);
    }
    print_results(p, &f->body, END_INDENT);
    text_puts(p->out, ";\n");
}

/* before program(1.3) scalars are spelt as tensors of rank 0 */
static printer printer_for(const mil_program *p, text *out) {
    bool short_scalars = !p || p->version_major > 1 || p->version_minor >= 3;
    return (printer){out, short_scalars};
}

void mil_print_type(const mil_program *p, const mil_type *t, text *out) {
    printer to = printer_for(p, out);
    print_type(&to, t);
}

void mil_print(const mil_program *p, text *out) {
    printer to = printer_for(p, out);
    text_printf(out, "program(%d.%d)\n", p->version_major, p->version_minor);
    if (p->attrs) {
        print_attrs(&to, p->attrs, p->attr);
        text_putc(out, '\n');
    }
    text_puts(out, "{\n");
    for (int i = 0; i < p->funcs; i++) {
        print_func(&to, &p->func[i]);
    }
    text_putc(out, '}');
}
