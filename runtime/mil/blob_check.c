/* blob_check.c: all references of a program to weight files, as findings. */
#include "mil/blob_read.h"

#include <inttypes.h>
#include <string.h>

static void find_fault(mil_findings *f, const blob_ref *at, const blob_fault *fault) {
    mil_loc none = {0}, loc = at->op ? at->op->loc : at->func ? at->func->loc : none;
    mil_find_in(f, fault->id, loc, at->op, "%s", fault->message);
}

/* --- bytes that two entries claim --- */

typedef struct claim {
    const anet_blob *file;
    uint64_t from, to, offset; /* of the entry's metadata */
    const blob_ref *ref;
} claim;

typedef struct claims {
    VEC(claim) all;
} claims;

static void add_claims(claims *c, const anet_blob *file, const mil_blob_entry *e,
                       const blob_ref *ref) {
    uint64_t data = (uint64_t)(e->bytes - (const uint8_t *)file->data);
    claim metadata = {file, e->offset, e->offset + BLOB_METADATA, e->offset, ref};
    claim elements = {file, data, data + e->size, e->offset, ref};
    vec_push(&c->all, metadata);
    if (e->size) {
        vec_push(&c->all, elements);
    }
}

static int compare_claims(const void *a, const void *b) {
    const claim *x = a, *y = b;
    int file = (x->file > y->file) - (x->file < y->file);
    int from = (x->from > y->from) - (x->from < y->from);
    int offset = (x->offset > y->offset) - (x->offset < y->offset);
    return file ? file : from ? from : offset;
}

/* Two entries may overlap in several places: told is the pair reported last. */
static void find_overlap(mil_findings *f, const claim *one, const claim *two, uint64_t told[2]) {
    const claim *low = one->offset < two->offset ? one : two, *high = low == one ? two : one;
    if (low->offset == high->offset || (low->offset == told[0] && high->offset == told[1])) {
        return;
    }
    blob_fault fault;
    blob_fail(&fault, MIL_M0509, "%s: the entries at offset %" PRIu64 " and %" PRIu64 " overlap",
              one->file->path, low->offset, high->offset);
    find_fault(f, high->ref, &fault);
    told[0] = low->offset;
    told[1] = high->offset;
}

static void find_overlaps(claims *c, mil_findings *f) {
    if (c->all.len) {
        qsort(c->all.at, c->all.len, sizeof *c->all.at, compare_claims);
    }
    uint64_t told[2] = {0, 0};
    size_t far = 0; /* the claim that reaches farthest so far */
    for (size_t i = 1; i < c->all.len; i++) {
        const claim *one = &c->all.at[far], *two = &c->all.at[i];
        if (one->file == two->file && two->from < one->to) {
            find_overlap(f, one, two, told);
        }
        if (one->file != two->file || two->to > one->to) {
            far = i;
        }
    }
}

/* --- references --- */

/* Faults of a file as a whole are found once for each file. */
static bool seen_before(const blob_refs *refs, size_t i) {
    for (size_t k = 0; k < i; k++) {
        if (strcmp(refs->all.at[k].value->blob_path, refs->all.at[i].value->blob_path) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_of_whole_file(const blob_fault *fault) {
    return fault->id == MIL_M0501 || fault->id == MIL_M0502 || fault->id == MIL_M0503;
}

void mil_check_blobs(const mil_program *p, const anet_blob *files, int n, mil_findings *f) {
    blob_refs refs = {0};
    claims c = {0};
    blob_collect(p, &refs);
    for (size_t i = 0; i < refs.all.len && !mil_findings_full(f); i++) {
        const blob_ref *ref = &refs.all.at[i];
        blob_fault fault = {0}, mended = {0};
        mil_blob_entry entry;
        if (blob_resolve(files, n, ref->value, &entry, &fault, &mended)) {
            add_claims(&c, blob_file(files, n, ref->value->blob_path), &entry, ref);
        } else if (!is_of_whole_file(&fault) || !seen_before(&refs, i)) {
            find_fault(f, ref, &fault);
        }
        if (*mended.message) {
            find_fault(f, ref, &mended);
        }
    }
    find_overlaps(&c, f);
    vec_free(&c.all);
    vec_free(&refs.all);
}
