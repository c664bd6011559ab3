/* Products of a matrix of signs stored as bits with a vector: the fields of binary patterns and their transposes.
 *
 * Sign (p, i) is +1 where bit i % 64 of word bits[p * stride + i / 64] is 1, else -1; bits beyond `width` are not
 * read as signs. `bits` may point at a segment inside longer rows: stride counts the words from row to row. No matrix
 * is expanded: a sign is the sign bit that is flipped in its factor. Sums have an order of their own that depends on
 * the shape only. */
#ifndef SWK_SIGN_PRODUCTS_H
#define SWK_SIGN_PRODUCTS_H

#include <stdint.h>

#define SWK_DECLARE_SIGN_PRODUCTS(T, S)                                                                                \
    /* y[p] = sum_i s(p, i) x[i], for width inputs x and rows outputs y. */                                            \
    void swk_sign_rows_##S(int64_t rows, int64_t width, const uint64_t *bits, int64_t stride, const T *x, T *y);       \
                                                                                                                       \
    /* y[i] = beta y[i] + sum_p s(p, i) g[p], for rows inputs g and width outputs y; with beta = 0 y is only           \
       written. */                                                                                                     \
    void swk_sign_columns_##S(int64_t rows, int64_t width, const uint64_t *bits, int64_t stride, const T *g, T beta,   \
                              T *y);

SWK_DECLARE_SIGN_PRODUCTS(float, f32)
SWK_DECLARE_SIGN_PRODUCTS(double, f64)

#endif
