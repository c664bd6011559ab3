/* Sums in sixteen lanes for the selected type. No include guard: include after real_f32.h or real_f64.h. */
#include <stdint.h>
#include "lanes.h"

/* The last n % 16 elements, padded with zeros: they join the lanes they would have had in a longer array. */
SWK_INLINE void FN(load_rest)(swk_lanes *lanes, int64_t n, const REAL *x)
{
    REAL rest[SWK_LANES] = {0};
    for (int64_t i = n - n % SWK_LANES; i < n; i++)
        rest[i % SWK_LANES] = x[i];
    FN(swk_load)(lanes, rest);
}

SWK_INLINE double FN(total)(int64_t n, const REAL *x)
{
    swk_lanes sum = {0}, a;
    for (int64_t i = 0; i + SWK_LANES <= n; i += SWK_LANES) {
        FN(swk_load)(&a, x + i);
        sum += a;
    }
    FN(load_rest)(&a, n, x);
    sum += a;
    return swk_lanes_total(&sum);
}

SWK_INLINE double FN(total_product)(int64_t n, const REAL *x, const REAL *y)
{
    swk_lanes sum = {0}, a, b;
    for (int64_t i = 0; i + SWK_LANES <= n; i += SWK_LANES) {
        FN(swk_load)(&a, x + i);
        FN(swk_load)(&b, y + i);
        sum += a * b;
    }
    FN(load_rest)(&a, n, x);
    FN(load_rest)(&b, n, y);
    sum += a * b;
    return swk_lanes_total(&sum);
}
