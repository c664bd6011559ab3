/* One pattern of max-sum message passing on a perceptron with n weights +-1, and the search for extreme fields. */
#ifndef SWK_MAX_SUM_H
#define SWK_MAX_SUM_H

#include <stdint.h>

#define SWK_DECLARE_MAX_SUM(T, S)                                                                                      \
    /* The messages of the constraint sum_i s_i w_i >= bound (n and bound odd, bound <= n - 2), where s_i = +1 for     \
       bits 1. With a_i = s_i (total_i - u_i), D = sum sign(a_i) - (bound - 1) (sign(0) = +1) and the negative a_i by  \
       growing magnitude v_1, v_2, ..., the new message is s_i times                                                   \
                                                                                                                       \
           0 if D > 1;   v_(k+1) if a_i >= 0,  k = (1 - D) / 2;   else 0 if k = 0, v_(k+1) if |a_i| <= v_k, v_k.       \
                                                                                                                       \
       Replaces u and adds the new message minus `keep` times the old one to `sum`, which may be `total`. `a` and      \
       `order` are room for n numbers each. */                                                                         \
    void swk_max_sum_pattern_##S(int64_t n, const uint64_t *bits, int64_t bound, const T *total, T keep, T *u, T *sum, \
                                 T *a, T *order);                                                                      \
                                                                                                                       \
    /* Index of the least x_i, the first one of equals. n > 0. */                                                      \
    int64_t swk_lowest_##S(int64_t n, const T *x);                                                                     \
                                                                                                                       \
    /* Index of the largest x_i among those with weight_i > 0, the first one of equals; -1 if there is none. */        \
    int64_t swk_highest_weighted_##S(int64_t n, const T *x, const double *weight);

SWK_DECLARE_MAX_SUM(float, f32)
SWK_DECLARE_MAX_SUM(double, f64)

#endif
