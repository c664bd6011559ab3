/* Flags of 64 elements as a word of bits. */
#ifndef SWK_BIT_FLAGS_H
#define SWK_BIT_FLAGS_H

#include <stdint.h>

#include "dispatch.h"

/* Bit j of the result is flag[j], which is 0 or 1: the product moves the lowest bits of eight bytes side by side into
 * the highest byte. */
SWK_INLINE uint64_t gather_flags(const uint8_t flag[64])
{
    uint64_t word = 0;
    for (int b = 0; b < 8; b++) {
        uint64_t eight;
        __builtin_memcpy(&eight, flag + 8 * b, sizeof eight);
        word |= (eight * 0x0102040810204080u >> 56) << 8 * b;
    }
    return word;
}

#endif
