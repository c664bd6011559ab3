#include "include/rotations.h"
#include "dispatch.h"

typedef double vec __attribute__((vector_size(64), aligned(8), may_alias));
enum { LANES = 8, VECTORS = SWK_ROTATION_WIDTH / LANES };

/* A sweep of the QL iteration goes down the rows one by one, so that a row meets two rotations one after the other: it
 * stays in registers between them, and each rotation loads and stores one row instead of two. */
SWK_CLONES void swk_rotate_rows_f64(int64_t count, const int32_t *row, const double *angles, double *x)
{
    vec kept[VECTORS];
    for (int64_t k = 0; k < count; k++) {
        vec *lower = (vec *)(x + (int64_t)row[k] * SWK_ROTATION_WIDTH), *upper = lower + VECTORS;
        const vec c = angles[2 * k] - (vec){0}, s = angles[2 * k + 1] - (vec){0};
        if (k == 0 || row[k] + 1 != row[k - 1])
            for (int v = 0; v < VECTORS; v++)
                kept[v] = upper[v];
        for (int v = 0; v < VECTORS; v++) {
            const vec a = lower[v], b = kept[v];
            upper[v] = s * a + c * b;
            kept[v] = c * a - s * b;
        }
        if (k + 1 == count || row[k + 1] + 1 != row[k])
            for (int v = 0; v < VECTORS; v++)
                lower[v] = kept[v];
    }
}
