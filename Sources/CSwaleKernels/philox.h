/* Philox4x32-10, one block and many blocks at a time. */
#ifndef SWK_PHILOX_H
#define SWK_PHILOX_H

#include <stdint.h>

#include "dispatch.h"

enum { SWK_PHILOX_BATCH = 64, SWK_PHILOX_STEP = 8 };

/* word[w][i] is word w of block i. */
typedef struct {
    uint32_t word[4][SWK_PHILOX_BATCH];
} swk_philox_batch;

/* Words are kept in 64-bit lanes, of which vector units multiply the lower halves; the upper halves hold leftovers. */
SWK_INLINE void swk_philox_block(uint64_t seed, uint64_t stream, uint64_t block, uint32_t word[4])
{
    uint64_t c0 = block, c1 = block >> 32, c2 = stream, c3 = stream >> 32;
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (c0 & 0xffffffffu) * 0xD2511F53u;
        uint64_t p1 = (c2 & 0xffffffffu) * 0xCD9E8D57u;
        c0 = (p1 >> 32) ^ c1 ^ k0;
        c1 = p1;
        c2 = (p0 >> 32) ^ c3 ^ k1;
        c3 = p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    word[0] = (uint32_t)c0;
    word[1] = (uint32_t)c1;
    word[2] = (uint32_t)c2;
    word[3] = (uint32_t)c3;
}

/* Blocks first, first + 1, ...; at least `count` of them (a multiple of SWK_PHILOX_STEP). */
SWK_INLINE int swk_philox_fill(uint64_t seed, uint64_t stream, uint64_t first, uint64_t count, swk_philox_batch *batch)
{
    int blocks = count < SWK_PHILOX_BATCH ? (int)count : SWK_PHILOX_BATCH;
    blocks = (blocks + SWK_PHILOX_STEP - 1) & ~(SWK_PHILOX_STEP - 1);
    SWK_LOOP
    for (int i = 0; i < blocks; i++) {
        uint32_t word[4];
        swk_philox_block(seed, stream, first + (uint64_t)i, word);
        batch->word[0][i] = word[0];
        batch->word[1][i] = word[1];
        batch->word[2][i] = word[2];
        batch->word[3][i] = word[3];
    }
    return blocks;
}

#endif
