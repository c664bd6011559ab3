/* Matrices of signs stored as bits: bit 1 is +1. Sign (p, i) is bit i % 64 of word bits[p * stride + i / 64]; the bits
 * behind the last sign of a row, its padding, are 0. */
#ifndef SWK_BITS_H
#define SWK_BITS_H

#include <stdint.h>

#define SWK_DECLARE_BITS(T, S)                                                                                         \
    /* The signs of n numbers, 0 counting as +1, into (n + 63) / 64 words with padding 0. */                           \
    void swk_pack_signs_##S(int64_t n, const T *x, uint64_t *bits);                                                    \
                                                                                                                       \
    /* x[i] = +1 or -1 by the bits first, first + 1, ... of a run of words. */                                         \
    void swk_unpack_signs_##S(int64_t first, int64_t n, const uint64_t *bits, T *x);                                   \
                                                                                                                       \
    /* Index of the first number that is neither +1 nor -1, or -1. */                                                  \
    int64_t swk_first_other_##S(int64_t n, const T *x);                                                                \
                                                                                                                       \
    /* +1 where x[i] > threshold[i], else -1, as bits with padding 0. */                                               \
    void swk_pack_above_##S(int64_t n, const T *x, const T *threshold, uint64_t *bits);                                \
                                                                                                                       \
    /* y = x / divisor, of integer fields. */                                                                          \
    void swk_divide_fields_##S(int64_t n, const int32_t *x, double divisor, T *y);

SWK_DECLARE_BITS(float, f32)
SWK_DECLARE_BITS(double, f64)

/* n bits from bit `first` of a run of words to bit 0 of another, whose padding becomes 0. Only words that hold some of
 * the bits are read. */
void swk_copy_bits(int64_t first, int64_t n, const uint64_t *source, uint64_t *out);

/* out (width rows of (rows + 63) / 64 words, out_stride apart) = transpose of rows x width signs; padding 0. */
void swk_transpose_bits(int64_t rows, int64_t width, const uint64_t *bits, int64_t stride, uint64_t *out,
                        int64_t out_stride);

/* h[p] = sum_i s(p, i) w(i) = width - 2 popcount(row p xor w), for weights w given as bits with padding 0. */
void swk_bit_fields(int64_t rows, int64_t width, const uint64_t *bits, int64_t stride, const uint64_t *w, int32_t *h);

#endif
