/* reduce_parts.h: what the files of reduce_edit.h share. */
#ifndef ANET_MIL_REDUCE_PARTS_H
#define ANET_MIL_REDUCE_PARTS_H

#include "mil/reduce_edit.h"
#include "name_map.h"

typedef struct names { /* a set; zeroed but for the memory to begin with */
    arena *memory;
    name_map map;
} names;

void names_add(names *s, const char *name);
bool names_have(const names *s, const char *name);
/* what the op refers to, and what its blocks do */
void names_add_used(names *s, const mil_op *op);

bool reduce_is_const(const mil_op *op);
/* in the block and in those of its ops */
int reduce_count_ops(const mil_block *b);
/* removes the ops whose results nobody uses */
void reduce_clean(mil_program *p, mil_func *f);

/* reduce_ops.c */
bool reduce_drop_ops(mil_program *p, int first, int count);

#endif
