/* Elementwise operations, reductions, conversions and row gathers over contiguous f32 and f64 arrays.
 *
 * Everything here is bit-identical on every instruction set: no fused multiply-add, and reductions keep sixteen
 * partial sums in double which are added in a fixed tree. Lengths may be zero. `out` may be the same array as any input (partial
 * overlap is not allowed). */
#ifndef SWK_ELEMENTWISE_H
#define SWK_ELEMENTWISE_H

#include <stdint.h>

#define SWK_DECLARE_ELEMENTWISE(T, S)                                                                                  \
    void swk_fill_##S(int64_t n, T value, T *x);                                                                       \
    void swk_scale_##S(int64_t n, T a, T *x);                           /* x = a x */                                  \
    void swk_axpy_##S(int64_t n, T a, const T *x, T *y);                /* y = y + a x */                              \
    void swk_axpby_##S(int64_t n, T a, const T *x, T b, T *y);          /* y = a x + b y */                            \
    void swk_add_##S(int64_t n, const T *x, const T *y, T *out);        /* out = x + y */                              \
    void swk_sub_##S(int64_t n, const T *x, const T *y, T *out);        /* out = x - y */                              \
    void swk_mul_##S(int64_t n, const T *x, const T *y, T *out);        /* out = x * y */                              \
    void swk_multiply_add_##S(int64_t n, const T *x, const T *y, T *out); /* out = out + x * y */                      \
    void swk_product_sum_##S(int64_t n, const T *a, const T *x, const T *b, const T *y, T *out); /* a * x + b * y */   \
                                                                                                                       \
    double swk_dot_##S(int64_t n, const T *x, const T *y);                                                             \
    double swk_sum_##S(int64_t n, const T *x);                                                                         \
    double swk_sum_squares_##S(int64_t n, const T *x);                                                                 \
    double swk_max_abs_##S(int64_t n, const T *x);            /* 0 for n = 0; NaN entries are passed over */           \
    int32_t swk_all_finite_##S(int64_t n, const T *x);                                                                 \
    int64_t swk_first_nonfinite_##S(int64_t n, const T *x);   /* its index, -1 if there is none */                     \
                                                                                                                       \
    void swk_u8_to_##S(int64_t n, const uint8_t *x, T scale, T *y); /* y = scale x */                                  \
    void swk_add_bias_##S(int64_t rows, int64_t cols, const T *bias, T *y); /* y[i][j] += bias[j] */                   \
    void swk_column_sum_##S(int64_t rows, int64_t cols, const T *x, T *out); /* out[j] += sum_i x[i][j] */             \
    void swk_gather_rows_##S(int64_t count, int64_t cols, const T *source, const int64_t *index, T *destination);

SWK_DECLARE_ELEMENTWISE(float, f32)
SWK_DECLARE_ELEMENTWISE(double, f64)

void swk_f32_to_f64(int64_t n, const float *x, double *y);
void swk_f64_to_f32(int64_t n, const double *x, float *y);
void swk_gather_i32(int64_t count, const int32_t *source, const int64_t *index, int32_t *destination);

#endif
