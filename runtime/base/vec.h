/* vec.h: growable arrays. `VEC(int) v = {0}; vec_push(&v, 3); v.at[0]; v.len; vec_free(&v);`
 * Growth doubles; running out of memory ends the program (see arena.h). */
#ifndef ANET_BASE_VEC_H
#define ANET_BASE_VEC_H

#include "base/arena.h"

#include <stdlib.h>

#define VEC(T)                                                                                     \
    struct {                                                                                       \
        T *at;                                                                                     \
        size_t len, cap;                                                                           \
    }

#define vec_reserve(v, n)                                                                          \
    do {                                                                                           \
        if ((v)->cap < (size_t)(n)) {                                                              \
            size_t vec_cap_ = (v)->cap ? (v)->cap : 8;                                             \
            while (vec_cap_ < (size_t)(n)) {                                                       \
                vec_cap_ *= 2;                                                                     \
            }                                                                                      \
            (v)->at = anet_realloc((v)->at, vec_cap_, sizeof *(v)->at);                            \
            (v)->cap = vec_cap_;                                                                   \
        }                                                                                          \
    } while (0)

#define vec_push(v, x)                                                                             \
    do {                                                                                           \
        vec_reserve((v), (v)->len + 1);                                                            \
        (v)->at[(v)->len++] = (x);                                                                 \
    } while (0)

#define vec_free(v) (free((v)->at), (v)->at = NULL, (v)->len = (v)->cap = 0)

#endif
