/* Sixteen partial sums in double, the same on every machine: lane j adds the terms with index j modulo 16, in order. */
#ifndef SWK_LANES_H
#define SWK_LANES_H

#include "dispatch.h"

typedef double swk_lanes __attribute__((vector_size(SWK_LANES * sizeof(double))));
typedef float swk_f32x16 __attribute__((vector_size(SWK_LANES * sizeof(float))));

SWK_INLINE void swk_load_f64(swk_lanes *lanes, const double *x) { __builtin_memcpy(lanes, x, sizeof *lanes); }

SWK_INLINE void swk_load_f32(swk_lanes *lanes, const float *x)
{
    swk_f32x16 narrow;
    __builtin_memcpy(&narrow, x, sizeof narrow);
    *lanes = __builtin_convertvector(narrow, swk_lanes);
}

SWK_INLINE double swk_lanes_total(const swk_lanes *lanes)
{
    double sum[SWK_LANES];
    __builtin_memcpy(sum, lanes, sizeof sum);
    for (int width = SWK_LANES / 2; width > 0; width /= 2)
        for (int j = 0; j < width; j++)
            sum[j] += sum[j + width];
    return sum[0];
}

#endif
