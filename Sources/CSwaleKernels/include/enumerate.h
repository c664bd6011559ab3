/* Exact enumeration of a device with binary weights over patterns of signs: every one of 2^weights configurations of
 * some weights, with the others held, is visited in the order of a Gray code, where one weight changes at a time, so
 * that a step costs one pass over the patterns' fields of one hidden unit. All arithmetic is on integers: results are
 * exact and do not depend on how the blocks are shared out. */
#ifndef SWK_ENUMERATE_H
#define SWK_ENUMERATE_H

#include <stdint.h>

enum {
    SWK_DEVICE_PERCEPTRON = 0, /* S = label h */
    SWK_DEVICE_SIGN = 1,       /* S = label sum_k sign(h_k), sign(0) = 0 */
    SWK_DEVICE_RELU = 2,       /* S = label sum_k c_k max(0, h_k) */
    SWK_DEVICE_QUADRATIC = 3,  /* S = label sum_k c_k h_k^2 */
    SWK_DEVICE_PARITY = 4,     /* S = label prod_k sign(h_k) */
    SWK_ENUMERATE_MAX_WEIGHTS = 32
};

/* Pattern p is violated when S_p < threshold. Arrays over patterns have `lanes` elements, a multiple of 32; columns,
 * labels and fields of the padding are 0. Limits: weights <= 32 (but for those around a point), patterns <= 2^31 - 32, |S| and |h| below 2^15. */
typedef struct {
    int32_t device;
    int32_t threshold;
    int64_t weights;            /* those that are not held */
    int64_t hidden;
    int64_t patterns;
    int64_t lanes;
    const int32_t *units;       /* weights: the unit of weight i */
    const int16_t *columns;     /* weights x lanes: input +1 or -1 that weight i sees in pattern p */
    const int16_t *held;        /* hidden x lanes: what the held weights add to the fields; NULL when there are none */
    const int16_t *labels;      /* lanes: +1 or -1 */
    const int16_t *output_sign; /* hidden: c_k */
} swk_enumeration;

/* Words of int16 scratch that a block needs. */
int64_t swk_enumerate_scratch(const swk_enumeration *device);

/* Visits the 2^low configurations whose bits low, low + 1, ... are those of `block` (bit i set: w_i = +1) and adds to
 *   histogram[e], e = 0..patterns:  configurations with e violated patterns,
 *   plus[i], i < weights:           solutions with w_i = +1,
 *   local[d], d = 0..weights:       solutions at Hamming distance d from `reference`. */
void swk_enumerate_block(const swk_enumeration *device, uint32_t block, int64_t low, uint32_t reference,
                         int16_t *scratch, int64_t *histogram, int64_t *plus, int64_t *local);

/* The configuration of the solution with this rank, from 0, among those that swk_enumerate_block would visit in the
 * block; 0 where there are not so many. */
uint32_t swk_enumerate_find(const swk_enumeration *device, uint32_t block, int64_t low, int64_t rank, int16_t *scratch);

/* The configurations within a distance of a point, of any number of weights. `scratch` holds swk_enumerate_scratch
 * words: the fields (hidden x lanes) of the point behind `lanes` words, where swk_enumerate_begin puts the sums. */
void swk_enumerate_begin(const swk_enumeration *device, int16_t *scratch);

/* Weight i becomes w = +1 or -1; it must have been -w. Returns the violated patterns. */
int64_t swk_enumerate_turn(const swk_enumeration *device, int64_t i, int16_t w, int16_t *scratch);

/* Turns, from the configuration in scratch, each weight i = first ... weights - 1 by itself (and back), signs[i] being
 * what it is. Returns how many of these have no violated pattern. */
int64_t swk_enumerate_near(const swk_enumeration *device, int64_t first, const int8_t *signs, int16_t *scratch);

#endif
