#include "reproducible.h"

#include <stddef.h>

#include "flips_private.h"

SWK_CLONES void swk_device_outputs(const swk_device *d, const int32_t *fields, int32_t *s)
{
    int32_t start = d->kind == SWK_DEVICE_PARITY;
    for (int64_t p = 0; p < d->lanes; p++)
        s[p] = start * d->labels[p];
    for (int64_t k = 0; k < d->hidden; k++) {
        const int32_t *h = fields + k * d->lanes, c = d->output_sign[k];
        if (d->kind == SWK_DEVICE_PARITY) {
            for (int64_t p = 0; p < d->lanes; p++)
                s[p] *= sign_of(h[p]);
        } else {
            SWK_FOR_KIND(d->kind, SWK_LOOP for (int64_t p = 0; p < d->lanes; p++)
                                      s[p] = moved_output(KIND, s[p], c * d->labels[p], 0, h[p]))
        }
    }
}

SWK_CLONES int64_t swk_device_errors(const swk_device *d, const int32_t *s)
{
    int64_t errors = 0;
    for (int64_t p = 0; p < d->patterns; p++)
        errors += s[p] < d->threshold;
    return errors;
}

SWK_CLONES double swk_device_energy(const swk_device *d, const int32_t *fields, const int32_t *s)
{
    double sum = 0;
    if (follows_output(d->kind, d)) {
        for (int64_t p = 0; p < d->patterns; p++)
            sum += output_energy(d, s[p]);
    } else {
        for (int64_t p = 0; p < d->patterns; p++)
            if (s[p] < d->threshold)
                sum += repair(d->kind, d, fields, p, s[p]).cost;
    }
    return sum;
}

/* The masks of a unit for the 64 patterns from p on. */
SWK_INLINE void word_masks(int kind, const swk_device *d, int32_t sign, int64_t p, const int32_t *h, const int32_t *s,
                           uint64_t *up, uint64_t *down)
{
    uint8_t rising[64], sinking[64];
    int32_t threshold = d->threshold;
    SWK_LOOP
    for (int j = 0; j < 64; j++) {
        int32_t now = s[p + j], field = h[p + j], c = sign * d->labels[p + j];
        int violated = now < threshold;
        rising[j] = (uint8_t)((moved_output(kind, now, c, field, field + 2) < threshold) ^ violated);
        sinking[j] = (uint8_t)((moved_output(kind, now, c, field, field - 2) < threshold) ^ violated);
    }
    *up = gather_flags(rising);
    *down = gather_flags(sinking);
}

SWK_CLONES void swk_count_masks(const swk_device *d, const int32_t *fields, const int32_t *s, uint64_t *up,
                                uint64_t *down, uint64_t *wrong)
{
    int64_t words = d->lanes / 64;
    for (int64_t k = 0; k < d->hidden; k++) {
        int32_t sign = d->output_sign[k];
        const int32_t *h = fields + k * d->lanes;
        SWK_FOR_KIND(d->kind, for (int64_t w = 0; w < words; w++) word_masks(
                                  KIND, d, sign, 64 * w, h, s, up + k * words + w, down + k * words + w))
    }
    for (int64_t w = 0; w < words; w++) {
        uint8_t flag[64];
        for (int j = 0; j < 64; j++)
            flag[j] = s[64 * w + j] < d->threshold;
        wrong[w] = gather_flags(flag);
    }
}

SWK_POPCOUNT_CLONES int64_t swk_count_change(int64_t words, const uint64_t *column, uint64_t turned,
                                             const uint64_t *up, const uint64_t *down, const uint64_t *wrong)
{
    int64_t repaired = 0, changed = 0;
    for (int64_t w = 0; w < words; w++) {
        uint64_t sinks = column[w] ^ turned, change = (sinks & down[w]) | (~sinks & up[w]);
        changed += __builtin_popcountll(change);
        repaired += __builtin_popcountll(change & wrong[w]);
    }
    return changed - 2 * repaired;
}

/* Bits of pattern p of a unit's masks. */
SWK_INLINE void bit_masks(int kind, const swk_device *d, int64_t unit, int64_t p, const int32_t *fields,
                          const int32_t *s, uint64_t *up, uint64_t *down)
{
    int64_t words = d->lanes / 64, word = unit * words + (p >> 6);
    int32_t h = fields[unit * d->lanes + p], c = d->labels[p] * d->output_sign[unit], violated = s[p] < d->threshold;
    uint64_t bit = (uint64_t)1 << (p & 63);
    int rises = (moved_output(kind, s[p], c, h, h + 2) < d->threshold) != violated;
    int sinks = (moved_output(kind, s[p], c, h, h - 2) < d->threshold) != violated;
    up[word] = rises ? up[word] | bit : up[word] & ~bit;
    down[word] = sinks ? down[word] | bit : down[word] & ~bit;
}

SWK_INLINE void count_flip(int kind, const swk_device *d, int64_t unit, const uint64_t *column, uint64_t turned,
                           int32_t *fields, int32_t *s, uint64_t *up, uint64_t *down, uint64_t *wrong)
{
    int64_t words = d->lanes / 64;
    int32_t *h = fields + unit * d->lanes, sign = d->output_sign[unit], threshold = d->threshold;
    const int32_t *labels = d->labels;
    for (int64_t w = 0; w < words; w++) {
        uint8_t moved[64], violated[64];
        uint64_t sinks = column[w] ^ turned;
        SWK_LOOP
        for (int j = 0; j < 64; j++) {
            int64_t p = 64 * w + j;
            int32_t next = h[p] + 2 - 4 * (int32_t)(sinks >> j & 1);
            int32_t after = moved_output(kind, s[p], sign * labels[p], h[p], next);
            moved[j] = after != s[p];
            violated[j] = after < threshold;
            h[p] = next;
            s[p] = after;
        }
        wrong[w] = gather_flags(violated);
        word_masks(kind, d, sign, 64 * w, h, s, up + unit * words + w, down + unit * words + w);
        if (d->hidden == 1)
            continue;
        uint64_t others = gather_flags(moved);
        if (rarely_moves(kind)) {
            for (; others; others &= others - 1)
                for (int64_t k = 0; k < d->hidden; k++)
                    if (k != unit)
                        bit_masks(kind, d, k, 64 * w + __builtin_ctzll(others), fields, s, up, down);
        } else if (others) {
            for (int64_t k = 0; k < d->hidden; k++)
                if (k != unit)
                    word_masks(kind, d, d->output_sign[k], 64 * w, fields + k * d->lanes, s, up + k * words + w,
                               down + k * words + w);
        }
    }
}

SWK_CLONES void swk_count_flip(const swk_device *d, int64_t unit, const uint64_t *column, uint64_t turned,
                               int32_t *fields, int32_t *s, uint64_t *up, uint64_t *down, uint64_t *wrong)
{
    SWK_FOR_KIND(d->kind, count_flip(KIND, d, unit, column, turned, fields, s, up, down, wrong))
}

#include "real_f64.h"
#include "sums.h"
#include "flips_template.h"

#include "real_f32.h"
#include "sums.h"
#include "flips_template.h"
