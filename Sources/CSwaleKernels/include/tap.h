/* The two halves of an iteration of approximate message passing (relaxed belief propagation) between n weights and the
 * patterns, whose labels are absorbed in their inputs; the products with the patterns are taken elsewhere.
 *
 * Sums are in double, in an order that depends on the number of terms only. */
#ifndef SWK_TAP_H
#define SWK_TAP_H

#include <stdint.h>

/* What a pattern says about its field z, which is omega + N(0, V) under the messages. */
enum {
    SWK_TAP_SIGN = 0,    /* z + noise >= target */
    SWK_TAP_GAUSSIAN = 1 /* z + noise = target */
};

typedef struct swk_tap_output {
    double change;    /* sum of (g' - g)^2 */
    double square;    /* sum of g'^2 */
    double precision; /* sum of scale_a times -dg/domega */
    int64_t below;    /* patterns whose field X m is not above the target */
} swk_tap_output;

typedef struct swk_tap_input {
    double change; /* largest |m' - m| */
    double square; /* sum of m'^2 */
    double spread; /* sum of scale_i times the new variances */
} swk_tap_input;

#define SWK_DECLARE_TAP(T, S)                                                                                          \
    /* With V_a = variance scale_a, omega_a = field_a - V_a g_a and U_a = V_a + noise, the pattern's new message g' is \
       sign: r((target - omega) / sqrt U) / sqrt U, r(x) = G(x) / H(x), with -dg/domega = g (g + (omega - target) / U);\
       gaussian: (target - omega) / U, with -dg/domega = 1 / U. scale NULL: ones. */                                   \
    void swk_tap_patterns_##S(int32_t channel, int64_t n, T variance, const T *scale, T noise, T target,               \
                              const T *field, T *g, swk_tap_output *out);                                              \
                                                                                                                       \
    /* Weights +-1: h = sum + precision scale_i m_i + external_i, total' = memory total + gain h, m' = tanh(total'),   \
       variance 1 - m'^2. scale NULL: ones, external NULL: zeros. */                                                   \
    void swk_tap_binary_##S(int64_t n, T precision, const T *scale, const T *external, T memory, T gain, const T *sum, \
                            T *total, T *m, swk_tap_input *out);                                                       \
                                                                                                                       \
    /* Normal weights of mean 0 and inverse variance `lambda`: h as above, total' = memory total + gain h, variance    \
       v = 1 / (lambda + precision scale_i), m' = v total'. */                                                         \
    void swk_tap_gaussian_##S(int64_t n, T precision, const T *scale, const T *external, T memory, T gain, T lambda,   \
                              const T *sum, T *total, T *m, swk_tap_input *out);                                       \
                                                                                                                       \
    /* s_i = +1 where x_i >= 0, else -1. */                                                                            \
    void swk_tap_signs_##S(int64_t n, const T *x, T *s);                                                               \
                                                                                                                       \
    /* How many x_i are not above the target. */                                                                       \
    int64_t swk_tap_below_##S(int64_t n, const T *x, T target);

SWK_DECLARE_TAP(float, f32)
SWK_DECLARE_TAP(double, f64)

#endif
