/* Sixteen numbers of the selected type whose signs are flipped by bits. No include guard: include after real_f32.h or
 * real_f64.h. */
#include <stdint.h>
#include "dispatch.h"

typedef REAL FN(signed_lanes) __attribute__((vector_size(16 * sizeof(REAL))));
typedef BITS FN(sign_lanes) __attribute__((vector_size(16 * sizeof(REAL))));

#undef SIGN_BIT
#define SIGN_BIT ((BITS)1 << (8 * sizeof(BITS) - 1))

/* x with its signs flipped where bits `first` ... `first + 15` of the word are 0. */
SWK_INLINE void FN(flip_signs)(FN(signed_lanes) *x, BITS word, int first)
{
    FN(sign_lanes) shift, lanes = word - (FN(sign_lanes)){0};
    for (int j = 0; j < 16; j++)
        shift[j] = (BITS)(8 * sizeof(BITS) - 1) - (BITS)(first + j);
    *x = (FN(signed_lanes))((FN(sign_lanes))*x ^ (~(lanes << shift) & SIGN_BIT));
}

/* Word w of a row and the part of it that holds signs 16 c ... 16 c + 15 as its bits `first` ... */
SWK_INLINE BITS FN(part)(uint64_t word, int c)
{
    return (BITS)(sizeof(BITS) == 8 ? word : word >> (32 * (c / 2)));
}
#undef FIRST
#define FIRST(c) (sizeof(BITS) == 8 ? 16 * (c) : 16 * ((c) % 2))
