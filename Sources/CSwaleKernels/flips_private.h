/* One pattern of a device: how S and the energy follow its fields. */
#ifndef SWK_FLIPS_PRIVATE_H
#define SWK_FLIPS_PRIVATE_H

#include "bit_flags.h"
#include "include/flips.h"

/* Population counts of whole vectors are an extension of their own, which x86-64-v4 does not have. */
#if defined(__clang__) && defined(__x86_64__) && defined(__linux__) && !defined(SWK_BASELINE)
#define SWK_POPCOUNT_CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "avx512vpopcntdq")))
#else
#define SWK_POPCOUNT_CLONES SWK_CLONES
#endif

/* Loops of table look-ups: gathers into vectors are slower than single loads on many machines. */
#if defined(__clang__)
#define SWK_SCALAR_LOOP _Pragma("clang loop vectorize(disable)")
#else
#define SWK_SCALAR_LOOP
#endif

/* Runs `body` with the device's kind as a constant, so that its loops are compiled for each kind. */
#define SWK_FOR_KIND(kind, ...)                                                                                        \
    switch (kind) {                                                                                                    \
        SWK_KIND_CASE(case SWK_DEVICE_PERCEPTRON, SWK_DEVICE_PERCEPTRON, __VA_ARGS__)                                  \
        SWK_KIND_CASE(case SWK_DEVICE_SIGN, SWK_DEVICE_SIGN, __VA_ARGS__)                                              \
        SWK_KIND_CASE(case SWK_DEVICE_RELU, SWK_DEVICE_RELU, __VA_ARGS__)                                              \
        SWK_KIND_CASE(case SWK_DEVICE_QUADRATIC, SWK_DEVICE_QUADRATIC, __VA_ARGS__)                                    \
        SWK_KIND_CASE(default, SWK_DEVICE_PARITY, __VA_ARGS__)                                                         \
    }
#define SWK_KIND_CASE(label, kind, ...)                                                                                \
    label: {                                                                                                           \
        enum { KIND = kind };                                                                                          \
        __VA_ARGS__;                                                                                                   \
        break;                                                                                                         \
    }

SWK_INLINE int32_t sign_of(int32_t h) { return (h > 0) - (h < 0); }

/* S when the field of one unit goes from h to next; c = label times output sign of the unit. */
SWK_INLINE int32_t moved_output(int kind, int32_t s, int32_t c, int32_t h, int32_t next)
{
    switch (kind) {
    case SWK_DEVICE_PERCEPTRON: return s + c * (next - h);
    case SWK_DEVICE_SIGN: return s + c * (sign_of(next) - sign_of(h));
    case SWK_DEVICE_RELU: return s + c * ((next > 0 ? next : 0) - (h > 0 ? h : 0));
    case SWK_DEVICE_QUADRATIC: return s + c * (next * next - h * h);
    default: return (h ^ next) < 0 ? -s : s;
    }
}

/* Whether a flip that changes S touches few patterns, so that the other units are brought up to date bit by bit. */
SWK_INLINE int rarely_moves(int kind) { return kind == SWK_DEVICE_SIGN || kind == SWK_DEVICE_PARITY; }

/* Flips to repair a violated pattern, over the wrong votes that must turn: their sum, the most of any vote, and whether
 * a vote that need not turn would take just as many. For parity the one vote nearest to 0. */
typedef struct {
    double cost;
    int32_t bound;
    int tied;
} swk_repair;

/* Flips that turn a vote, or 0 when it is right and so need not turn; every vote of a parity machine counts. */
SWK_INLINE int32_t turning_cost(int kind, int32_t label, int32_t h)
{
    if (kind == SWK_DEVICE_PARITY)
        return ((h < 0 ? -h : h) + 1) / 2;
    return label * h < 0 ? (1 - label * h) / 2 : 0;
}

/* For pattern p with S = s < threshold. Votes are taken in the order of (cost, unit), one pass each: few are needed. */
SWK_INLINE swk_repair repair(int kind, const swk_device *d, const int32_t *fields, int64_t p, int32_t s)
{
    swk_repair found = {0, 0, 0};
    int32_t needed = kind == SWK_DEVICE_PARITY ? 1 : (d->threshold - s + 1) / 2, cheapest = 0;
    int64_t which = -1;
    for (int32_t taken = 0; taken <= needed; taken++) {
        int32_t last = cheapest;
        int64_t after = which;
        cheapest = INT32_MAX;
        for (int64_t k = 0; k < d->hidden; k++) {
            int32_t cost = turning_cost(kind, d->labels[p], fields[k * d->lanes + p]);
            int later = cost > last || (cost == last && k > after);
            if (cost > 0 && later && cost < cheapest) {
                cheapest = cost;
                which = k;
            }
        }
        if (cheapest == INT32_MAX)
            break;
        if (taken == needed) {
            found.tied = cheapest == found.bound;
        } else {
            found.cost += cheapest;
            found.bound = cheapest;
        }
    }
    return found;
}

/* Change of the flips to repair a pattern when the field of one unit goes from h to next = h +- 2. */
SWK_INLINE int32_t repair_change(int kind, const swk_device *d, int32_t s, int32_t label, int32_t h, int32_t next,
                                 const swk_repair *found)
{
    int turns = (h ^ next) < 0;
    if (s >= d->threshold)
        /* A right vote that turns has to turn back. */
        return turns && moved_output(kind, s, label, h, next) < d->threshold;
    int32_t cost = turning_cost(kind, label, h);
    if (cost == 0)
        return turns;
    int nearer = turns || (next < 0 ? -next : next) < (h < 0 ? -h : h);
    if (nearer)
        return cost <= found->bound ? -1 : 0;
    return cost < found->bound || (cost == found->bound && !found->tied);
}

/* Whether the energy of a pattern is a function of S alone. */
SWK_INLINE int follows_output(int kind, const swk_device *d)
{
    return d->energy == SWK_ENERGY_TABLE || kind == SWK_DEVICE_PERCEPTRON;
}

SWK_INLINE double output_energy(const swk_device *d, int32_t s)
{
    if (d->energy == SWK_ENERGY_REPAIR)
        return s < d->threshold ? (d->threshold - s + 1) / 2 : 0;
    return d->table[(s - d->table_low) >> d->table_shift];
}

#endif
