/* Devices with binary weights over patterns of signs, from their integer fields: outputs, energies, and what a flip of
 * one weight changes.
 *
 * Unit k has the field h_k of every pattern; S = label times the output, as listed at SWK_DEVICE_PERCEPTRON and after
 * (enumerate.h). A pattern is violated when S < threshold. Arrays over patterns have `lanes` elements, `patterns`
 * rounded up to 64, with label 0 in the padding; fields are hidden x lanes. A column is the bits of the inputs that one
 * weight sees in all patterns; `turned` is 0 for a weight +1 and all ones for -1, so that column ^ turned marks the patterns whose
 * field sinks by 2 when the weight flips; the others' rise by 2. */
#ifndef SWK_FLIPS_H
#define SWK_FLIPS_H

#include <stdint.h>

#include "enumerate.h"

/* Energies of a pattern. */
enum {
    /* 1 when violated. */
    SWK_ENERGY_COUNT = 0,
    /* table[(S - table_low) >> table_shift], which must hold every S within one flip of a possible one, and 0: a field
     * that is at its end is asked about as if it could go on. */
    SWK_ENERGY_TABLE = 1,
    /* Flips of weights that repair it: (threshold - S) / 2 rounded up (perceptron); over the fewest wrong votes and the
     * nearest of those, sum of (1 - label h_k) / 2 (sign units); (|h_k| + 1) / 2 of the unit nearest to 0 (parity). */
    SWK_ENERGY_REPAIR = 2
};

typedef struct {
    int32_t kind; /* SWK_DEVICE_... */
    int32_t energy;
    int32_t threshold;
    int32_t table_low;
    int32_t table_shift;
    int64_t hidden;
    int64_t patterns;
    int64_t lanes;
    const int32_t *labels;      /* lanes */
    const int32_t *output_sign; /* hidden: c_k */
    const double *table;
    /* Perceptron with a table of shift 1: for every entry t_j the two numbers (t_j+1 + t_j-1) / 2 - t_j and
     * (t_j-1 - t_j+1) / 2. */
    const double *pairs;
} swk_device;

/* S of every pattern, and 0 in the padding. */
void swk_device_outputs(const swk_device *d, const int32_t *fields, int32_t *s);

/* Patterns with S < threshold. */
int64_t swk_device_errors(const swk_device *d, const int32_t *s);

/* Sum of energies other than counts. */
double swk_device_energy(const swk_device *d, const int32_t *fields, const int32_t *s);

/* Counts of violated patterns. For every unit `up` and `down` (hidden x lanes / 64 words) mark the patterns that change
 * between satisfied and violated when its field rises or sinks by 2; `wrong` marks the violated ones. */
void swk_count_masks(const swk_device *d, const int32_t *fields, const int32_t *s, uint64_t *up, uint64_t *down,
                     uint64_t *wrong);

/* Change of the count at a flip: of `words` words of one unit's masks. */
int64_t swk_count_change(int64_t words, const uint64_t *column, uint64_t turned, const uint64_t *up,
                         const uint64_t *down, const uint64_t *wrong);

/* The flip itself: fields, outputs and masks of all units follow. */
void swk_count_flip(const swk_device *d, int64_t unit, const uint64_t *column, uint64_t turned, int32_t *fields,
                    int32_t *s, uint64_t *up, uint64_t *down, uint64_t *wrong);

/* Other energies. For every unit and pattern, with the changes e+ and e- of its energy when the field rises or sinks by
 * 2: even = (e+ + e-) / 2 and odd = (e- - e+) / 2 (hidden x lanes each), and `total` (hidden) the sums of `even`. A
 * flip changes the energy by total + sum of +-odd, the sign + where the field sinks. */
#define SWK_DECLARE_FLIPS(T, S)                                                                                        \
    void swk_gain_fill_##S(const swk_device *d, const int32_t *fields, const int32_t *s, T *even, T *odd,              \
                           double *total);                                                                             \
                                                                                                                       \
    /* sum of +-odd over `lanes` patterns, a multiple of 64. */                                                        \
    double swk_gain_change_##S(int64_t lanes, const uint64_t *column, uint64_t turned, const T *odd);                  \
                                                                                                                       \
    void swk_gain_flip_##S(const swk_device *d, int64_t unit, const uint64_t *column, uint64_t turned,                 \
                           int32_t *fields, int32_t *s, T *even, T *odd, double *total);

SWK_DECLARE_FLIPS(float, f32)
SWK_DECLARE_FLIPS(double, f64)

#endif
