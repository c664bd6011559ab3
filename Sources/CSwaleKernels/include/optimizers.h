/* Optimiser updates, one pass over memory each. PyTorch's conventions: weight decay is added to the gradient (L2).
 * Mean squares stay at the largest number where a square overflows.
 * Bit-identical on every instruction set. */
#ifndef SWK_OPTIMIZERS_H
#define SWK_OPTIMIZERS_H

#include <stdint.h>

#define SWK_DECLARE_OPTIMIZERS(T, S)                                                                                   \
    /* g' = g + weight_decay x;  v = momentum v + g';  x -= lr (nesterov ? g' + momentum v : v).                       \
       v NULL: plain step x -= lr g', momentum is not used. */                                                         \
    void swk_sgd_step_##S(int64_t n, T lr, T momentum, int32_t nesterov, T weight_decay, const T *g, T *v, T *x);      \
                                                                                                                       \
    /* v = momentum v + gain g';  x -= lr v. Dampening: gain 1 in the first step, 1 - dampening after it. */           \
    void swk_damped_step_##S(int64_t n, T lr, T momentum, T gain, T weight_decay, const T *g, T *v, T *x);             \
                                                                                                                       \
    /* m = beta1 m + (1 - beta1) g';  v = beta2 v + (1 - beta2) g'^2;  x -= lr (m / bias1) / (sqrt(v / bias2) + eps).  \
       Step t = 1, 2, ... has bias1 = 1 - beta1^t and bias2 = 1 - beta2^t. */                                          \
    void swk_adam_step_##S(int64_t n, T lr, T beta1, T beta2, T eps, T bias1, T bias2, T weight_decay, const T *g,     \
                           T *m, T *v, T *x);                                                                          \
                                                                                                                       \
    /* The same with the largest v so far, kept in peak, in the place of v under the root. */                          \
    void swk_amsgrad_step_##S(int64_t n, T lr, T beta1, T beta2, T eps, T bias1, T bias2, T weight_decay, const T *g,  \
                              T *m, T *v, T *peak, T *x);                                                              \
                                                                                                                       \
    /* v = alpha v + (1 - alpha) g'^2;  d = g' / (sqrt v + eps);  b = momentum b + d;  x -= lr b.                      \
       m not NULL: centred, v - m^2 with m = alpha m + (1 - alpha) g' in the place of v; v holds it.                   \
       b NULL: without momentum. */                                                                                    \
    void swk_rmsprop_step_##S(int64_t n, T lr, T alpha, T eps, T momentum, T weight_decay, const T *g, T *v, T *m,     \
                              T *b, T *x);                                                                             \
                                                                                                                       \
    /* sum += g'^2;  x -= lr g' / (sqrt sum + eps). */                                                                 \
    void swk_adagrad_step_##S(int64_t n, T lr, T eps, T weight_decay, const T *g, T *sum, T *x);                       \
                                                                                                                       \
    /* x += noise eta - lr d - pull (x - anchor), d as in swk_sgd_step; then mean = memory mean + (1 - memory) x.      \
       v, eta and mean may each be NULL: without momentum, noise, mean. */                                             \
    void swk_tethered_step_##S(int64_t n, T lr, T momentum, int32_t nesterov, T weight_decay, T pull, T noise,         \
                               T memory, const T *g, const T *anchor, const T *eta, T *v, T *mean, T *x);

SWK_DECLARE_OPTIMIZERS(float, f32)
SWK_DECLARE_OPTIMIZERS(double, f64)

#endif
