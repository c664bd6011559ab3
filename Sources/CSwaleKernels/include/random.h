/* Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC 2011).
 *
 * The value at position p is a function of (seed, stream, p) alone: any split of a range into calls, and any number of
 * threads, gives the same numbers, and they are bit-identical on every machine. The key is the seed; the counter is
 * (block, stream) with 64 bits each. One block of 128 bits holds 4 values of random_u32, uniform_f32 and normal_f32,
 * 2 of uniform_f64 and normal_f64, 128 signs, or 1 bounded integer. Different kinds of values at the same
 * (seed, stream) share bits: give each purpose its own stream. */
#ifndef SWK_RANDOM_H
#define SWK_RANDOM_H

#include <stdint.h>

void swk_random_u32(uint64_t seed, uint64_t stream, uint64_t position, int64_t n, uint32_t *out);

/* Unbiased integer in 0 ..< bound; 0 when bound is 0. */
uint64_t swk_random_below(uint64_t seed, uint64_t stream, uint64_t position, uint64_t bound);

/* Uniform permutation of 0 ..< n (Fisher-Yates). */
void swk_random_permutation(uint64_t seed, uint64_t stream, int64_t n, int64_t *out);

#define SWK_DECLARE_RANDOM(T, S)                                                                                       \
    /* Uniform in [lo, hi) on a grid of 2^53 (f64) or 2^24 (f32) points. */                                            \
    void swk_random_uniform_##S(uint64_t seed, uint64_t stream, uint64_t position, int64_t n, T lo, T hi, T *out);     \
    /* Normal by Box-Muller: values 2k and 2k+1 share a radius. |value - mean| <= 8.6 sd (f64), 6.7 sd (f32). */       \
    void swk_random_normal_##S(uint64_t seed, uint64_t stream, uint64_t position, int64_t n, T mean, T sd, T *out);    \
    /* +1 or -1 with equal probability. */                                                                             \
    void swk_random_signs_##S(uint64_t seed, uint64_t stream, uint64_t position, int64_t n, T *out);

SWK_DECLARE_RANDOM(float, f32)
SWK_DECLARE_RANDOM(double, f64)

#endif
