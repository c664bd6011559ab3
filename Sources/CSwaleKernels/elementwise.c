#include "reproducible.h"

#include <stddef.h>

#include "include/elementwise.h"

#include "real_f32.h"
#include "elementary.h"
#include "sums.h"
#include "elementwise_template.h"

#include "real_f64.h"
#include "elementary.h"
#include "sums.h"
#include "elementwise_template.h"

SWK_CLONES void swk_f32_to_f64(int64_t n, const float *x, double *y)
{
    SWK_LOOP
    for (int64_t i = 0; i < n; i++)
        y[i] = (double)x[i];
}

SWK_CLONES void swk_f64_to_f32(int64_t n, const double *x, float *y)
{
    SWK_LOOP
    for (int64_t i = 0; i < n; i++)
        y[i] = (float)x[i];
}

void swk_gather_i32(int64_t count, const int32_t *source, const int64_t *index, int32_t *destination)
{
    for (int64_t i = 0; i < count; i++)
        destination[i] = source[index[i]];
}
