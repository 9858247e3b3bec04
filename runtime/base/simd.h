/* simd.h: loops that the compiler vectorises, once per level of x86, chosen when the program
 * starts. `ANET_SIMD static void loop(...)`: static only, clang 14 gives others a name that no one
 * finds. */
#ifndef ANET_BASE_SIMD_H
#define ANET_BASE_SIMD_H

#include <stdint.h> /* with glibc it defines __GLIBC__, and glibc can choose at load time */

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ANET_SIMD_PLAIN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__)
#define ANET_SIMD_PLAIN 1 /* the choice runs before a sanitizer is ready */
#endif

#if !defined(ANET_SIMD_PLAIN) && defined(__x86_64__) && defined(__ELF__) && defined(__GLIBC__)
#if defined(__clang__)
/* clang 14 accepts arch=x86-64-v4 here but then chooses by the vendor of the CPU */
#define ANET_SIMD __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define ANET_SIMD __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif
#else
#define ANET_SIMD
#endif

#if defined(__GNUC__)
#define ANET_INLINE static inline __attribute__((always_inline))
#else
#define ANET_INLINE static inline
#endif

#endif
