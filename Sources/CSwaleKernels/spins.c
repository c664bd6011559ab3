#include "reproducible.h"

#include <stddef.h>

#include "dispatch.h"
#include "include/spins.h"

SWK_CLONES void swk_spin_sites(int64_t count, const uint32_t *words, uint64_t n, int64_t *sites)
{
    SWK_LOOP
    for (int64_t i = 0; i < count; i++)
        sites[i] = (int64_t)(words[i] * n >> 32);
}

SWK_CLONES void swk_spin_uniforms(int64_t count, const uint32_t *words, float *u)
{
    SWK_LOOP
    for (int64_t i = 0; i < count; i++)
        u[i] = ((float)(int32_t)(words[i] >> 1) + 0.5f) * 0x1p-31f;
}

/* Weights of a word. */
enum { WORD = 64 };

SWK_INLINE uint64_t valid_bits(int64_t fan_in, int64_t word)
{
    int64_t left = fan_in - word * WORD;
    return left >= WORD ? ~(uint64_t)0 : ((uint64_t)1 << left) - 1;
}

/* Bit j of the result is flag[j], which is 0 or 1: the product moves the bytes of eight flags side by side into its
 * highest byte. */
SWK_INLINE uint64_t gather_bits(const uint8_t flag[WORD])
{
    uint64_t word = 0;
    for (int b = 0; b < 8; b++) {
        uint64_t eight;
        __builtin_memcpy(&eight, flag + 8 * b, sizeof eight);
        word |= (eight * 0x0102040810204080u >> 56) << 8 * b;
    }
    return word;
}

SWK_INLINE uint64_t pack_i32(const int32_t *h)
{
    uint8_t flag[WORD];
    SWK_LOOP
    for (int j = 0; j < WORD; j++)
        flag[j] = h[j] >= 0;
    return gather_bits(flag);
}

SWK_INLINE uint64_t pack_f32(const float *h)
{
    uint8_t flag[WORD];
    SWK_LOOP
    for (int j = 0; j < WORD; j++)
        flag[j] = h[j] >= 0;
    return gather_bits(flag);
}

SWK_CLONES void swk_pack_hidden_i32(int64_t fan_in, const int32_t *h, uint64_t *w)
{
    for (int64_t k = 0; k * WORD < fan_in; k++)
        w[k] = pack_i32(h + k * WORD) & valid_bits(fan_in, k);
}

SWK_CLONES void swk_pack_hidden_f32(int64_t fan_in, const float *h, uint64_t *w)
{
    for (int64_t k = 0; k * WORD < fan_in; k++)
        w[k] = pack_f32(h + k * WORD) & valid_bits(fan_in, k);
}

SWK_INLINE int64_t field(const swk_machine *m, const uint64_t *inputs, const uint64_t *w)
{
    int64_t differing = 0;
    for (int64_t k = 0; k < m->words; k++)
        differing += __builtin_popcountll(inputs[k] ^ w[k]);
    return m->fan_in - 2 * differing;
}

SWK_INLINE const uint64_t *unit_inputs(const swk_machine *m, int64_t pattern, int64_t unit)
{
    return m->bits + pattern * m->stride + unit * m->segment;
}

SWK_CLONES int64_t swk_machine_errors(const swk_machine *m, int64_t patterns, const uint64_t *w)
{
    int64_t errors = 0;
    for (int64_t p = 0; p < patterns; p++) {
        int64_t label = m->labels[p] > 0 ? 1 : -1, margin = 0;
        for (int64_t k = 0; k < m->hidden; k++)
            margin += label * field(m, unit_inputs(m, p, k), w + k * m->words) >= m->field_bound ? 1 : -1;
        errors += margin < m->vote_bound;
    }
    return errors;
}

/* h += change where the result stays within the clip. */
SWK_INLINE int32_t moved(int32_t h, int32_t change, int32_t clip)
{
    int32_t next = h + change;
    return next > clip || next < -clip ? h : next;
}

SWK_CLONES int64_t swk_sbpi_epoch(const swk_machine *m, int64_t count, const int64_t *order, const uint32_t *draws,
                                  int64_t depth, uint64_t chance, int32_t clip, int32_t *h, uint64_t *w)
{
    int32_t bound = clip > 0 ? clip : INT32_MAX - 2;
    int64_t errors = 0;
    for (int64_t t = 0; t < count; t++) {
        int64_t p = order[t];
        const uint64_t *inputs = unit_inputs(m, p, 0);
        uint64_t flip = m->labels[p] > 0 ? 0 : ~(uint64_t)0;
        int64_t overlap = field(m, inputs, w);
        if (flip)
            overlap = -overlap;
        int64_t excess = overlap - m->field_bound;
        if (excess < 0) {
            errors++;
            for (int64_t k = 0; k < m->words; k++) {
                uint64_t wanted = inputs[k] ^ flip;
                int32_t *v = h + k * WORD;
                SWK_LOOP
                for (int j = 0; j < WORD; j++)
                    v[j] = moved(v[j], (int32_t)(wanted >> j & 1) * 4 - 2, bound);
                w[k] = pack_i32(v) & valid_bits(m->fan_in, k);
            }
        } else if (excess < depth && draws[t] < chance) {
            for (int64_t k = 0; k < m->words; k++) {
                uint64_t wanted = inputs[k] ^ flip, agreeing = ~(wanted ^ w[k]);
                int32_t *v = h + k * WORD;
                SWK_LOOP
                for (int j = 0; j < WORD; j++)
                    v[j] = moved(v[j], (int32_t)(agreeing >> j & 1) * ((int32_t)(wanted >> j & 1) * 4 - 2), bound);
            }
        }
    }
    return errors;
}

/* gain += label * input */
SWK_INLINE void add_inputs(const swk_machine *m, const uint64_t *inputs, uint64_t flip, int32_t *gain)
{
    for (int64_t k = 0; k < m->words; k++) {
        uint64_t wanted = inputs[k] ^ flip;
        int32_t *g = gain + k * WORD;
        SWK_LOOP
        for (int j = 0; j < WORD; j++)
            g[j] += (int32_t)(wanted >> j & 1) * 2 - 1;
    }
}

SWK_CLONES int64_t swk_least_action_batch(const swk_machine *m, int64_t count, const int64_t *order,
                                          const uint64_t *w, int32_t *fields, int32_t *gain, uint8_t *touched)
{
    int64_t errors = 0;
    for (int64_t t = 0; t < count; t++) {
        int64_t p = order[t], label = m->labels[p] > 0 ? 1 : -1, margin = 0;
        for (int64_t k = 0; k < m->hidden; k++) {
            int64_t overlap = label * field(m, unit_inputs(m, p, k), w + k * m->words);
            fields[k] = (int32_t)(overlap - m->field_bound);
            margin += overlap >= m->field_bound ? 1 : -1;
        }
        if (margin >= m->vote_bound)
            continue;
        errors++;
        for (int64_t needed = (m->vote_bound - margin + 1) / 2; needed > 0; needed--) {
            int64_t nearest = -1;
            for (int64_t k = 0; k < m->hidden; k++)
                if (fields[k] < 0 && (nearest < 0 || fields[k] > fields[nearest]))
                    nearest = k;
            if (nearest < 0)
                break;
            fields[nearest] = 0;
            touched[nearest] = 1;
            add_inputs(m, unit_inputs(m, p, nearest), label > 0 ? 0 : ~(uint64_t)0, gain + nearest * m->words * WORD);
        }
    }
    return errors;
}

/* h += eta gain for the 64 weights of a word, and gain back to 0. */
SWK_INLINE void learn_word(float eta, int32_t *gain, float *h)
{
    SWK_LOOP
    for (int j = 0; j < WORD; j++) {
        h[j] += eta * (float)gain[j];
        gain[j] = 0;
    }
}

SWK_CLONES void swk_least_action_step(const swk_machine *m, float eta, int32_t *gain, uint8_t *touched, float *h,
                                      uint64_t *w)
{
    for (int64_t unit = 0; unit < m->hidden; unit++) {
        if (!touched[unit])
            continue;
        touched[unit] = 0;
        for (int64_t k = 0; k < m->words; k++) {
            int64_t word = unit * m->words + k;
            learn_word(eta, gain + word * WORD, h + word * WORD);
            w[word] = pack_f32(h + word * WORD) & valid_bits(m->fan_in, k);
        }
    }
}

SWK_CLONES void swk_entropic_step(const swk_machine *m, float eta, float lambda, float correction, int64_t replicas,
                                  const float *pull, int32_t *gain, uint8_t *touched, float *h, uint64_t *w,
                                  int32_t *sum)
{
    const float *centre = pull + replicas;
    for (int64_t unit = 0; unit < m->hidden; unit++) {
        for (int64_t k = 0; k < m->words; k++) {
            int64_t word = unit * m->words + k;
            float *v = h + word * WORD;
            int32_t *s = sum + word * WORD;
            uint8_t before[WORD], after[WORD];
            SWK_LOOP
            for (int j = 0; j < WORD; j++)
                before[j] = v[j] >= 0;
            if (touched[unit])
                learn_word(eta, gain + word * WORD, v);
            SWK_LOOP
            for (int j = 0; j < WORD; j++) {
                v[j] += lambda * (centre[s[j]] - (v[j] >= 0 ? correction : -correction));
                after[j] = v[j] >= 0;
                s[j] += 2 * ((int32_t)after[j] - (int32_t)before[j]);
            }
            w[word] = gather_bits(after) & valid_bits(m->fan_in, k);
        }
        touched[unit] = 0;
    }
}

SWK_CLONES void swk_centered_step(const swk_machine *m, float eta, float lambda, int32_t *gain, uint8_t *touched,
                                  float *h, uint64_t *w, float *hc, uint64_t *wc)
{
    for (int64_t unit = 0; unit < m->hidden; unit++) {
        for (int64_t k = 0; k < m->words; k++) {
            int64_t word = unit * m->words + k;
            float *v = h + word * WORD, *c = hc + word * WORD;
            if (touched[unit])
                learn_word(eta, gain + word * WORD, v);
            SWK_LOOP
            for (int j = 0; j < WORD; j++) {
                float kick = lambda * ((c[j] >= 0 ? 1.0f : -1.0f) - (v[j] >= 0 ? 1.0f : -1.0f));
                v[j] += kick;
                c[j] -= kick;
            }
            w[word] = pack_f32(v) & valid_bits(m->fan_in, k);
            wc[word] = pack_f32(c) & valid_bits(m->fan_in, k);
        }
        touched[unit] = 0;
    }
}
