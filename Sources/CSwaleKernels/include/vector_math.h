/* Elementary functions over arrays. y may be the same array as x (sincos: s or c may be x).
 *
 * Largest errors seen, in units in the last place, against 6000 mpmath points per function for f64 and against f64 at
 * 200000 points for f32. vector_math_test.c holds the bounds.
 *
 *        exp   log   expm1  log1p  tanh  sigmoid  softplus  erf   erfc  ln H  G/H   sin, cos
 *   f64  0.9   0.8   1.3    0.8    2.2   1.9      1.5       1.3   2.6   3.5   4.8   1.4
 *   f32  1.0   0.8   1.6    0.8    2.1   2.3      1.6       1.3   0.5   0.5   0.5   1.5
 *
 * The bounds hold down to denormal results, except that near their zeros sin and cos are good to 1e-30 (f64) or 1e-13 (f32)
 * absolutely. Infinities, signed zeros and arguments out of the domain (NaN) behave as in C's math.h; NaN gives NaN. An
 * element's value does not depend on its position or on n; its last bit may depend on the instruction set, since fused
 * multiply-add is used where the machine has it. */
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
    void swk_vinverse_mills_##S(int64_t n, const T *x, T *y); /* r(x) = G(x) / H(x), G the normal density */    \
    void swk_vsincos_##S(int64_t n, const T *x, T *s, T *c);  /* |x| <= 8 pi */

SWK_DECLARE_VECTOR_MATH(float, f32)
SWK_DECLARE_VECTOR_MATH(double, f64)

#endif
