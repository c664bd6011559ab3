#include <stddef.h>

#include "dispatch.h"
#include "include/enumerate.h"

SWK_INLINE int16_t unit_value(int device, int16_t h)
{
    switch (device) {
    case SWK_DEVICE_SIGN:
    case SWK_DEVICE_PARITY: return (int16_t)((h > 0) - (h < 0));
    case SWK_DEVICE_RELU: return h > 0 ? h : 0;
    case SWK_DEVICE_QUADRATIC: return (int16_t)(h * h);
    default: return h;
    }
}

int64_t swk_enumerate_scratch(const swk_enumeration *device)
{
    return (device->hidden + 1) * device->lanes;
}

/* Sums that a parity machine cannot keep up to date: a unit at 0 hides the product of the others. */
SWK_INLINE void multiply_units(const swk_enumeration *d, const int16_t *fields, int16_t *stability)
{
    for (int64_t p = 0; p < d->lanes; p++)
        stability[p] = d->labels[p];
    for (int64_t k = 0; k < d->hidden; k++) {
        const int16_t *h = fields + k * d->lanes;
        SWK_LOOP for (int64_t p = 0; p < d->lanes; p++)
            stability[p] = (int16_t)(stability[p] * unit_value(SWK_DEVICE_PARITY, h[p]));
    }
}

/* Label-signed sums from the fields. */
SWK_INLINE void sum_units(const swk_enumeration *d, int device, const int16_t *fields, int16_t *stability)
{
    if (device == SWK_DEVICE_PARITY) {
        multiply_units(d, fields, stability);
        return;
    }
    for (int64_t p = 0; p < d->lanes; p++)
        stability[p] = 0;
    for (int64_t k = 0; k < d->hidden; k++) {
        const int16_t *h = fields + k * d->lanes;
        for (int64_t p = 0; p < d->lanes; p++)
            stability[p] = (int16_t)(stability[p] + d->labels[p] * d->output_sign[k] * unit_value(device, h[p]));
    }
}

/* Fields and label-signed sums of a configuration, from nothing. */
SWK_INLINE void start(const swk_enumeration *d, int device, uint32_t code, int16_t *fields, int16_t *stability)
{
    for (int64_t j = 0; j < d->hidden * d->lanes; j++)
        fields[j] = d->held ? d->held[j] : 0;
    for (int64_t i = 0; i < d->weights; i++) {
        int16_t w = code >> i & 1 ? 1 : -1;
        int16_t *h = fields + d->units[i] * d->lanes;
        const int16_t *column = d->columns + i * d->lanes;
        for (int64_t p = 0; p < d->lanes; p++)
            h[p] = (int16_t)(h[p] + w * column[p]);
    }
    sum_units(d, device, fields, stability);
}

/* Weight i becomes w. */
SWK_INLINE void turn(const swk_enumeration *d, int device, int64_t i, int16_t w, int16_t *fields, int16_t *stability)
{
    int64_t lanes = d->lanes, unit = d->units[i];
    int16_t *h = fields + unit * lanes;
    const int16_t *column = d->columns + i * lanes, *labels = d->labels;
    int16_t step = (int16_t)(2 * w), c = d->output_sign[unit];
    if (device == SWK_DEVICE_PARITY) {
        SWK_LOOP for (int64_t p = 0; p < lanes; p++)
            h[p] = (int16_t)(h[p] + step * column[p]);
        multiply_units(d, fields, stability);
    } else if (device == SWK_DEVICE_PERCEPTRON) {
        SWK_LOOP for (int64_t p = 0; p < lanes; p++)
            stability[p] = (int16_t)(stability[p] + step * (int16_t)(column[p] * labels[p]));
    } else {
        SWK_LOOP for (int64_t p = 0; p < lanes; p++) {
            int16_t before = h[p], after = (int16_t)(before + step * column[p]);
            int16_t change = (int16_t)(unit_value(device, after) - unit_value(device, before));
            h[p] = after;
            stability[p] = (int16_t)(stability[p] + (int16_t)(c * labels[p]) * change);
        }
    }
}

SWK_INLINE int64_t violated(const swk_enumeration *d, const int16_t *stability)
{
    int16_t threshold = (int16_t)d->threshold;
    int64_t errors = 0;
    for (int64_t p = 0; p < d->lanes; p += 32) {
        /* At most 32 in a lane of 16 bits: the compiler sums them as vectors. */
        int16_t few = 0;
        for (int64_t q = 0; q < 32; q++)
            few = (int16_t)(few + (stability[p + q] < threshold));
        errors += few;
    }
    /* The padding has S = 0. */
    return threshold > 0 ? errors - (d->lanes - d->patterns) : errors;
}

/* Where the visits of a block are counted, or (histogram NULL) the search for the solution with a rank. */
typedef struct {
    uint32_t reference;
    int64_t *histogram, *plus, *local;
    int64_t rank;
    uint32_t found;
} tally;

SWK_INLINE void visit(const swk_enumeration *d, int device, uint32_t block, int64_t low, int16_t *scratch, tally *t)
{
    int16_t *stability = scratch, *fields = scratch + d->lanes;
    uint32_t code = low < 32 ? block << low : 0;
    uint64_t count = UINT64_C(1) << low;
    start(d, device, code, fields, stability);
    for (uint64_t step = 0;;) {
        int64_t errors = violated(d, stability);
        if (t->histogram) {
            t->histogram[errors]++;
            if (errors == 0) {
                for (int64_t i = 0; i < d->weights; i++)
                    t->plus[i] += code >> i & 1;
                t->local[__builtin_popcount(code ^ t->reference)]++;
            }
        } else if (errors == 0 && t->rank-- == 0) {
            t->found = code;
            return;
        }
        if (++step == count)
            return;
        int64_t i = __builtin_ctzll(step);
        code ^= UINT32_C(1) << i;
        turn(d, device, i, code >> i & 1 ? 1 : -1, fields, stability);
    }
}

SWK_CLONES static void visit_device(const swk_enumeration *device, uint32_t block, int64_t low, int16_t *scratch,
                                    tally *t)
{
    switch (device->device) {
    case SWK_DEVICE_SIGN: visit(device, SWK_DEVICE_SIGN, block, low, scratch, t); break;
    case SWK_DEVICE_RELU: visit(device, SWK_DEVICE_RELU, block, low, scratch, t); break;
    case SWK_DEVICE_QUADRATIC: visit(device, SWK_DEVICE_QUADRATIC, block, low, scratch, t); break;
    case SWK_DEVICE_PARITY: visit(device, SWK_DEVICE_PARITY, block, low, scratch, t); break;
    default: visit(device, SWK_DEVICE_PERCEPTRON, block, low, scratch, t);
    }
}

void swk_enumerate_block(const swk_enumeration *device, uint32_t block, int64_t low, uint32_t reference,
                         int16_t *scratch, int64_t *histogram, int64_t *plus, int64_t *local)
{
    tally t = {reference, histogram, plus, local, 0, 0};
    visit_device(device, block, low, scratch, &t);
}

uint32_t swk_enumerate_find(const swk_enumeration *device, uint32_t block, int64_t low, int64_t rank, int16_t *scratch)
{
    tally t = {0, NULL, NULL, NULL, rank, 0};
    visit_device(device, block, low, scratch, &t);
    return t.found;
}

void swk_enumerate_begin(const swk_enumeration *device, int16_t *scratch)
{
    sum_units(device, device->device, scratch + device->lanes, scratch);
}

SWK_INLINE int64_t turn_one(const swk_enumeration *d, int device, int64_t i, int16_t w, int16_t *scratch)
{
    turn(d, device, i, w, scratch + d->lanes, scratch);
    return violated(d, scratch);
}

int64_t swk_enumerate_turn(const swk_enumeration *device, int64_t i, int16_t w, int16_t *scratch)
{
    return turn_one(device, device->device, i, w, scratch);
}

SWK_INLINE int64_t near_points(const swk_enumeration *d, int device, int64_t first, const int8_t *signs,
                               int16_t *scratch)
{
    int64_t found = 0;
    for (int64_t i = first; i < d->weights; i++) {
        found += turn_one(d, device, i, (int16_t)-signs[i], scratch) == 0;
        turn(d, device, i, signs[i], scratch + d->lanes, scratch);
    }
    return found;
}

SWK_CLONES static int64_t near_device(const swk_enumeration *d, int64_t first, const int8_t *signs, int16_t *scratch)
{
    switch (d->device) {
    case SWK_DEVICE_SIGN: return near_points(d, SWK_DEVICE_SIGN, first, signs, scratch);
    case SWK_DEVICE_RELU: return near_points(d, SWK_DEVICE_RELU, first, signs, scratch);
    case SWK_DEVICE_QUADRATIC: return near_points(d, SWK_DEVICE_QUADRATIC, first, signs, scratch);
    case SWK_DEVICE_PARITY: return near_points(d, SWK_DEVICE_PARITY, first, signs, scratch);
    default: return near_points(d, SWK_DEVICE_PERCEPTRON, first, signs, scratch);
    }
}

int64_t swk_enumerate_near(const swk_enumeration *device, int64_t first, const int8_t *signs, int16_t *scratch)
{
    return near_device(device, first, signs, scratch);
}
