/* Losses of outputs stored with one column per sample (classes x n): many samples of few classes fill vectors this way,
 * where rows of ten would not. */
#ifndef SWK_COLUMNS_H
#define SWK_COLUMNS_H

#include <stdint.h>

#define SWK_DECLARE_COLUMNS(T, S)                                                                                      \
    /* Per column l = (logsumexp(gamma z) - gamma z_y) / gamma. z[c * stride + i] is the score of class c for sample   \
       i < n; labels must lie in 0 ..< classes. Returns the sum of l in double and writes to *errors how many columns  \
       have their first maximum elsewhere than at the label (columns with NaN count). */                               \
    double swk_cross_entropy_columns_##S(int64_t classes, int64_t n, const T *z, int64_t stride,                       \
                                         const int32_t *labels, T gamma, int64_t *errors);

SWK_DECLARE_COLUMNS(float, f32)
SWK_DECLARE_COLUMNS(double, f64)

#endif
