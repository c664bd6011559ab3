#include "reproducible.h"

#include <stddef.h>

#include "include/random.h"
#include "philox.h"

#include "real_f32.h"
#include "elementary.h"
#include "random_template.h"

#include "real_f64.h"
#include "elementary.h"
#include "random_template.h"

SWK_CLONES void swk_random_u32(uint64_t seed, uint64_t stream, uint64_t position, int64_t n, uint32_t *out)
{
    swk_philox_batch batch;
    uint32_t value[SWK_PHILOX_BATCH * 4];
    while (n > 0) {
        int skip = (int)(position % 4);
        int blocks = swk_philox_fill(seed, stream, position / 4, ((uint64_t)n + skip - 1) / 4 + 1, &batch);
        int count = blocks * 4 - skip < n ? blocks * 4 - skip : (int)n;
        for (int i = 0; i < blocks; i++)
            for (int j = 0; j < 4; j++)
                value[4 * i + j] = batch.word[j][i];
        __builtin_memcpy(out, value + skip, (size_t)count * sizeof(uint32_t));
        position += (uint64_t)count;
        out += count;
        n -= count;
    }
}

/* Lemire's multiplication: the upper half of word * bound, where the few words that would make some results more likely
 * than others are rejected. Returns 1 when the word was good. */
static inline int bounded(uint64_t word, uint64_t bound, uint64_t *result)
{
    unsigned __int128 product = (unsigned __int128)word * bound;
    uint64_t low = (uint64_t)product;
    *result = (uint64_t)(product >> 64);
    return low >= bound || low >= (0 - bound) % bound;
}

/* A block holds two words; after two rejections the seed is changed, which keeps the result a function of position. */
static uint64_t below_from(const uint32_t block[4], uint64_t seed, uint64_t stream, uint64_t position, uint64_t bound)
{
    uint32_t c[4] = {block[0], block[1], block[2], block[3]};
    uint64_t result;
    while (!bounded((uint64_t)c[0] << 32 | c[1], bound, &result) &&
           !bounded((uint64_t)c[2] << 32 | c[3], bound, &result)) {
        seed += 0x9E3779B97F4A7C15u;
        swk_philox_block(seed, stream, position, c);
    }
    return result;
}

uint64_t swk_random_below(uint64_t seed, uint64_t stream, uint64_t position, uint64_t bound)
{
    if (bound == 0)
        return 0;
    uint32_t c[4];
    swk_philox_block(seed, stream, position, c);
    return below_from(c, seed, stream, position, bound);
}

SWK_CLONES void swk_random_permutation(uint64_t seed, uint64_t stream, int64_t n, int64_t *out)
{
    swk_philox_batch batch;
    for (int64_t start = 0; start < n; start += SWK_PHILOX_BATCH) {
        swk_philox_fill(seed, stream, (uint64_t)start, (uint64_t)(n - start), &batch);
        for (int64_t i = start; i < n && i < start + SWK_PHILOX_BATCH; i++) {
            uint32_t c[4];
            for (int w = 0; w < 4; w++)
                c[w] = batch.word[w][i - start];
            /* Inside-out: element i takes the place of a random earlier one, which moves to the end. */
            int64_t j = (int64_t)below_from(c, seed, stream, (uint64_t)i, (uint64_t)i + 1);
            out[i] = out[j];
            out[j] = i;
        }
    }
}
