/* Belief propagation over the patterns of binary devices: the work of one hidden unit in one pattern.
 *
 * Messages are fields: u_i from the pattern to weight i, T_i the total field of the weight. bits are the inputs xi_i of
 * the unit, 1 for +1, in whole words whose padding is not read as signs. Sums are taken in double, in an order that
 * depends on n only. */
#ifndef SWK_MESSAGES_H
#define SWK_MESSAGES_H

#include <stdint.h>

#define SWK_DECLARE_MESSAGES(T, S)                                                                                     \
    /* m_i = tanh(total_i - u_i); *mu = sum xi_i m_i and *variance = sum (1 - m_i^2) of the unit's field. */           \
    void swk_message_cavity_##S(int64_t n, const uint64_t *bits, const T *total, const T *u, T *m, double *mu,         \
                                double *variance);                                                                     \
                                                                                                                       \
    /* New messages from the slope R and curvature R' of the log-likelihood F(x) of the field, x = mu / s:             \
                                                                                                                       \
           u_i = xi_i / s_i (R + R' (x_i - x)),  x_i = (mu - xi_i m_i) / s_i,  s_i^2 = variance - (1 - m_i^2)          \
                                                                                                                       \
       clamped to +-limit and damped, u' = u_i + damping (u - u_i). u' - u is added to change, which may be the        \
       totals themselves. Returns a bound on the largest change of tanh u. */                                          \
    T swk_message_send_##S(int64_t n, const uint64_t *bits, const T *m, double mu, double variance, double slope,      \
                           double curvature, T limit, T damping, T *u, T *change);                                     \
                                                                                                                       \
    /* The same without the expansion, for fields of few free weights:                                                 \
                                                                                                                       \
           u_i = xi_i / 2 [F(x_i + 1 / s_i) - F(x_i - 1 / s_i)],  F(x) = ln(e^field H(-x) + e^-field H(x)),            \
                                                                                                                       \
       and ln H(-+x) where the field is +-infinity. */                                                                 \
    T swk_message_pairs_##S(int64_t n, const uint64_t *bits, const T *m, double mu, double variance, double field,     \
                            T limit, T damping, T *u, T *change);                                                      \
                                                                                                                       \
    /* The same from messages that were computed elsewhere: sent_i is xi_i times the new message. */                   \
    T swk_message_take_##S(int64_t n, const uint64_t *bits, const double *sent, T limit, T damping, T *u, T *change);  \
                                                                                                                       \
    /* The same three for inputs that are numbers: *mu = sum xi_i m_i, *variance = sum xi_i^2 (1 - m_i^2), s_i^2 =        \
       variance - xi_i^2 (1 - m_i^2); sent_i is the new message itself. */                                             \
    void swk_number_cavity_##S(int64_t n, const float *inputs, const T *total, const T *u, T *m, double *mu,           \
                               double *variance);                                                                      \
    T swk_number_send_##S(int64_t n, const float *inputs, const T *m, double mu, double variance, double slope,        \
                          double curvature, T limit, T damping, T *u, T *change);                                      \
    T swk_number_take_##S(int64_t n, const double *sent, T limit, T damping, T *u, T *change);                         \
                                                                                                                       \
    /* sum_i ln 2cosh(total_i - u_i); u NULL: zeros. */                                                                \
    double swk_message_log_cosh_##S(int64_t n, const T *total, const T *u);

SWK_DECLARE_MESSAGES(float, f32)
SWK_DECLARE_MESSAGES(double, f64)

/* How many of n independent events happen, event i with probability q_i. Tables of (n + 1)(n + 2) doubles:
 * before[i (n + 2) + j] = P(j of the events 0 ..< i), above[i (n + 2) + j] = P(at least j of the events i ..< n). */
void swk_count_tables(int64_t n, const double *q, double *before, double *above);

/* tails_i = P(at least `wanted` of the events other than i). */
void swk_count_tails(int64_t n, const double *before, const double *above, int64_t wanted, double *tails);

#endif
