#include <stddef.h>

#include "include/bits.h"

#include "bit_flags.h"

#include "real_f64.h"
#include "bits_template.h"

#include "real_f32.h"
#include "bits_template.h"

void swk_copy_bits(int64_t first, int64_t n, const uint64_t *source, uint64_t *out)
{
    if (n <= 0)
        return;
    int64_t words = (n + 63) / 64, last = (first + n - 1) >> 6;
    const uint64_t *from = source + (first >> 6);
    int shift = (int)(first & 63);
    for (int64_t k = 0; k < words; k++) {
        uint64_t word = from[k] >> shift;
        if (shift && (first >> 6) + k < last)
            word |= from[k + 1] << (64 - shift);
        out[k] = word;
    }
    if (n & 63)
        out[words - 1] &= ((uint64_t)1 << (n & 63)) - 1;
}

/* Exchanges halves of ever smaller blocks (Warren, Hacker's Delight, section 7-3). */
SWK_INLINE void transpose_block(uint64_t a[64])
{
    uint64_t mask = 0xffffffffu;
    for (int width = 32; width > 0; width >>= 1, mask ^= mask << width)
        for (int k = 0; k < 64; k = (k + width + 1) & ~width) {
            uint64_t t = (a[k] >> width ^ a[k + width]) & mask;
            a[k + width] ^= t;
            a[k] ^= t << width;
        }
}

void swk_transpose_bits(int64_t rows, int64_t width, const uint64_t *bits, int64_t stride, uint64_t *out,
                        int64_t out_stride)
{
    for (int64_t top = 0; top < rows; top += 64)
        for (int64_t left = 0; left < width; left += 64) {
            uint64_t block[64] = {0};
            int64_t height = rows - top < 64 ? rows - top : 64, across = width - left < 64 ? width - left : 64;
            for (int64_t r = 0; r < height; r++)
                block[r] = bits[(top + r) * stride + left / 64];
            transpose_block(block);
            for (int64_t c = 0; c < across; c++)
                out[(left + c) * out_stride + top / 64] = block[c];
        }
}

SWK_CLONES void swk_bit_fields(int64_t rows, int64_t width, const uint64_t *bits, int64_t stride, const uint64_t *w,
                               int32_t *h)
{
    int64_t words = (width + 63) / 64;
    for (int64_t p = 0; p < rows; p++) {
        const uint64_t *row = bits + p * stride;
        int64_t differing = 0;
        for (int64_t k = 0; k < words; k++)
            differing += __builtin_popcountll(row[k] ^ w[k]);
        h[p] = (int32_t)(width - 2 * differing);
    }
}
