/* attributes.c: see attributes.h. Facts: ane-facts section 1.1, "Surface order/size truth". */
#include "ane/attributes.h"

#include "ane/explain.h"

#include <string.h>

typedef struct binding {
    const ane_api *api;
    const char *program, *list; /* "LiveInputList" */
    const anet_port *port;
    ane_port *bound;
    int ports;
} binding;

/* `where` is the object that lacks it: of use to whoever has to teach the device its form. */
static anet_code missing(const ane_api *a, const char *program, const char *what, ane_id where,
                         anet_error *err) {
    char said[500] = "nothing";
    if (where) {
        ane_describe(a, where, said, sizeof said);
    }
    return anet_fail(err, ANET_FAILED,
                     "%s: what the loaded model reports lacks its %s, and binding surfaces by "
                     "guess could give wrong numbers; use --device host (it reports: %s)",
                     program, what, said);
}

static bool is_array(const ane_api *a, ane_id object) {
    return object && a->CFGetTypeID(object) == a->CFArrayGetTypeID();
}

static bool read_layout(const ane_api *a, ane_id entry, ane_layout *l) {
    const struct {
        const char *name;
        int64_t *to;
    } fields[] = {
        {"Batches", &l->n},         {"Channels", &l->c},        {"Depth", &l->d},
        {"Height", &l->h},          {"Width", &l->w},           {"BatchStride", &l->batch},
        {"PlaneStride", &l->plane}, {"DepthStride", &l->depth}, {"RowStride", &l->row}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (!ane_get_integer(a, entry, fields[i].name, fields[i].to)) {
            return false;
        }
    }
    return true;
}

/* A report has a name and a symbol for each, and "@output" behind one of them. */
static int find_port(const binding *b, ane_id entry, const char *key) {
    char name[300];
    ane_text(b->api, ane_get(b->api, entry, key), name, sizeof name);
    char *mark = strstr(name, "@output");
    if (mark) {
        *mark = 0;
    }
    for (int i = 0; i < b->ports; i++) {
        if (strcmp(b->port[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

static anet_code bind_entry(const binding *b, ane_id entry, int slot, anet_error *err) {
    char name[300], type[40];
    ane_layout l = {0};
    if (!ane_text(b->api, ane_get(b->api, entry, "Name"), name, sizeof name) ||
        !ane_text(b->api, ane_get(b->api, entry, "Type"), type, sizeof type) ||
        !read_layout(b->api, entry, &l)) {
        return missing(b->api, b->program, "names, types and strides", entry, err);
    }
    int i = find_port(b, entry, "Name");
    i = i >= 0 ? i : find_port(b, entry, "Symbol");
    if (i < 0 || b->bound[i].slot >= 0) {
        return anet_fail(err, ANET_FAILED,
                         "%s: the loaded model reports '%s' in its %s, which the MIL text does not "
                         "have, or it reports it twice",
                         b->program, name, b->list);
    }
    bool half = strcmp(b->port[i].dtype, "fp16") == 0;
    if (strcmp(type, half ? "Float16" : "Float32") != 0) {
        return anet_fail(err, ANET_FAILED, "%s: the loaded model reports '%s' as %s, not as %s",
                         b->program, name, type, b->port[i].dtype);
    }
    l.element = half ? 2 : 4;
    b->bound[i].layout = l;
    b->bound[i].slot = slot;
    return ane_layout_check(&b->port[i], &b->bound[i].layout, err);
}

static anet_code bind_list(const binding *b, ane_id status, anet_error *err) {
    ane_id list = ane_get(b->api, status, b->list);
    if (!is_array(b->api, list)) {
        return missing(b->api, b->program, b->list, status, err);
    }
    long n = b->api->CFArrayGetCount(list);
    for (long i = 0; i < n; i++) {
        if (bind_entry(b, b->api->CFArrayGetValueAtIndex(list, i), (int)i, err)) {
            return err->code;
        }
    }
    for (int i = 0; i < b->ports; i++) {
        if (b->bound[i].slot < 0 && b->bound[i].read) {
            return anet_fail(err, ANET_FAILED,
                             "%s: the loaded model does not report '%s' in its %s", b->program,
                             b->port[i].name, b->list);
        }
    }
    return ANET_OK;
}

anet_code ane_attributes_bind(const ane_api *a, ane_id attributes, const char *program,
                              ane_ports *ports, anet_error *err) {
    ane_id networks = ane_get(a, attributes, "NetworkStatusList");
    if (!is_array(a, networks) || a->CFArrayGetCount(networks) < 1) {
        return missing(a, program, "NetworkStatusList", attributes, err);
    }
    ane_id status = a->CFArrayGetValueAtIndex(networks, 0);
    binding in = {a, program, "LiveInputList", ports->input, ports->in, ports->inputs};
    binding out = {a, program, "LiveOutputList", ports->output, ports->out, ports->outputs};
    anet_code code = bind_list(&in, status, err);
    return code ? code : bind_list(&out, status, err);
}
