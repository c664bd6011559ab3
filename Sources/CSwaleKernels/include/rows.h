/* Softmax and losses over the rows of an output matrix (contiguous, rows x cols).
 *
 * Sums of losses are in double; `loss_sum`, `sum` and `errors` are written, not added to, and `errors` may be NULL. */
#ifndef SWK_ROWS_H
#define SWK_ROWS_H

#include <stdint.h>

/* Losses of a single output f and a label y = +-1, as functions of the margin x = y f. */
enum {
    SWK_LOSS_CROSS_ENTROPY = 0, /* log(1 + exp(-2 gamma x)) / (2 gamma); parameter = gamma > 0 */
    SWK_LOSS_HINGE = 1,         /* max(0, parameter - x), derivative 0 at the kink */
    SWK_LOSS_LOGISTIC = 2       /* log(1 + exp(-x)); parameter not used */
};

#define SWK_DECLARE_ROWS(T, S)                                                                                         \
    /* p = softmax of each row of z; p may be z. */                                                                    \
    void swk_softmax_rows_##S(int64_t rows, int64_t cols, const T *z, T *p);                                           \
                                                                                                                       \
    /* out = scale * (p * dz - p (p . dz)) for each row: the softmax Jacobian times dz. out may be p or dz. */         \
    void swk_softmax_tangent_rows_##S(int64_t rows, int64_t cols, const T *p, const T *dz, T scale, T *out);           \
                                                                                                                       \
    /* Per row l = (logsumexp(gamma z) - gamma z_y) / gamma, p = softmax(gamma z), grad = dl/dz = p - onehot(y).       \
       p and grad may each be NULL; p may be z. errors counts the rows whose first maximum is not the label (rows with \
       NaN count). Labels must lie in 0 ..< cols. */                                                                   \
    void swk_cross_entropy_##S(int64_t rows, int64_t cols, const T *z, const int32_t *labels, T gamma, T *p, T *grad,  \
                               double *loss_sum, int64_t *errors);                                                     \
                                                                                                                       \
    /* sum of (f - y)^2 / 2 and grad = f - y (NULL allowed, may be f or y). */                                         \
    void swk_squared_error_##S(int64_t n, const T *f, const T *y, T *grad, double *sum);                               \
                                                                                                                       \
    /* d1 = dl/df, d2 = d2l/df2, NULL allowed, either may be f or y. errors counts y f <= 0 (and NaN). */              \
    void swk_margin_loss_##S(int32_t kind, T parameter, int64_t n, const T *f, const T *y, T *d1, T *d2,               \
                             double *loss_sum, int64_t *errors);

SWK_DECLARE_ROWS(float, f32)
SWK_DECLARE_ROWS(double, f64)

#endif
