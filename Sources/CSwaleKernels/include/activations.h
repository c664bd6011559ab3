/* Activation functions with their first and second derivatives.
 *
 * At the kinks: relu'(0) = 0, leaky_relu'(0) = slope, sign(0) = 0, and sign' = 0 everywhere. Last bits may differ
 * between instruction sets (fused multiply-add is used where the machine has it), never between calls on one machine. */
#ifndef SWK_ACTIVATIONS_H
#define SWK_ACTIVATIONS_H

#include <stdint.h>

enum {
    SWK_LINEAR = 0,
    SWK_RELU = 1,
    SWK_LEAKY_RELU = 2, /* slope * u for u <= 0 */
    SWK_TANH = 3,
    SWK_SIGMOID = 4,
    SWK_ERF = 5,        /* erf(u); not erf(u / sqrt 2) */
    SWK_GELU = 6,       /* u * Phi(u), exact */
    SWK_SOFTPLUS = 7,
    SWK_SILU = 8,       /* u * sigmoid(u) */
    SWK_SIGN = 9,
    SWK_SQUARE = 10,
    SWK_ERF_SQRT2 = 11, /* erf(u / sqrt 2) */
    SWK_GELU_TANH = 12  /* u (1 + tanh(sqrt(2 / pi) (u + 0.044715 u^3))) / 2 */
};

#define SWK_DECLARE_ACTIVATIONS(T, S)                                                                                  \
    /* u = z + bias (bias NULL: none), a = phi(u), d1 = phi'(u), d2 = phi''(u); d1 and d2 may be NULL. One of a, d1    \
       and d2 may be the same array as z. */                                                                           \
    void swk_bias_activate_##S(int32_t kind, T slope, int64_t rows, int64_t cols, const T *bias, const T *z, T *a,     \
                               T *d1, T *d2);                                                                          \
    /* out = g * phi'(u), phi' taken from d1, or, for the kinds that do not need d1, derived from a when d1 is NULL.   \
       leaky_relu reads the sign of u from that of a, which asks for slope > 0. out may be the same array as g. */     \
    void swk_activation_backward_##S(int32_t kind, T slope, int64_t n, const T *a, const T *d1, const T *g, T *out);   \
    /* The same of g + bias, for rows of cols elements: the tangent of a layer with a bias. */                         \
    void swk_bias_activation_backward_##S(int32_t kind, T slope, int64_t rows, int64_t cols, const T *bias, const T *a, \
                                          const T *d1, const T *g, T *out);

SWK_DECLARE_ACTIVATIONS(float, f32)
SWK_DECLARE_ACTIVATIONS(double, f64)

/* 1 when phi' is not a cheap function of phi (erf, gelu, softplus, silu, square, erf_sqrt2, gelu_tanh); 0 for linear,
 * relu, leaky_relu, tanh, sigmoid and sign, whose backward pass needs only a. */
int32_t swk_activation_needs_d1(int32_t kind);

/* 1 when phi'' is not zero almost everywhere, that is, when a Hessian-vector product needs d2. */
int32_t swk_activation_curved(int32_t kind);

#endif
