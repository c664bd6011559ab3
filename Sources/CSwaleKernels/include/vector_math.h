/* Elementary functions over arrays. y may be the same array as x (sincos: s or c may be x). */
#ifndef SWK_VECTOR_MATH_H
#define SWK_VECTOR_MATH_H

#include <stdint.h>

#define SWK_DECLARE_VECTOR_MATH(T, S)                                                                                  \
    void swk_vexp_##S(int64_t n, const T *x, T *y);                                                                    \
    void swk_vlog_##S(int64_t n, const T *x, T *y);                                                                    \
    void swk_vexpm1_##S(int64_t n, const T *x, T *y);                                                                  \
    void swk_vlog1p_##S(int64_t n, const T *x, T *y);                                                                  \
    void swk_vtanh_##S(int64_t n, const T *x, T *y);                                                                   \
    void swk_vsigmoid_##S(int64_t n, const T *x, T *y);                                                                \
    void swk_vsoftplus_##S(int64_t n, const T *x, T *y);                                                               \
    void swk_verf_##S(int64_t n, const T *x, T *y);                                                                    \
    void swk_verfc_##S(int64_t n, const T *x, T *y);                                                                   \
    void swk_vlog_ndtrc_##S(int64_t n, const T *x, T *y);     /* ln H(x), H(x) = erfc(x / sqrt 2) / 2 */               \
    void swk_vinverse_mills_##S(int64_t n, const T *x, T *y); /* r(x) = G(x) / H(x) = -(ln H)'(x), G = normal density */ \
    void swk_vsincos_##S(int64_t n, const T *x, T *s, T *c);  /* |x| <= 8 pi */

SWK_DECLARE_VECTOR_MATH(float, f32)
SWK_DECLARE_VECTOR_MATH(double, f64)

#endif
