/* The kernel of affine.h for the selected type. The three kinds that cost less than a pass over memory are fused with
 * the sum; the others go through the activation kernel, tile by tile. */

/* u = z0 + s zu + t zv for one element, once with and once without the second direction. */
#undef SWK_AFFINE_LOOP
#define SWK_AFFINE_LOOP(count, result)                                                                                 \
    if (zv) {                                                                                                          \
        SWK_LOOP                                                                                                       \
        for (int64_t i = 0; i < (count); i++) {                                                                        \
            REAL u = z0[i] + s * zu[i] + t * zv[i];                                                                    \
            out[i] = (result);                                                                                         \
        }                                                                                                              \
    } else {                                                                                                           \
        SWK_LOOP                                                                                                       \
        for (int64_t i = 0; i < (count); i++) {                                                                        \
            REAL u = z0[i] + s * zu[i];                                                                                \
            out[i] = (result);                                                                                         \
        }                                                                                                              \
    }

SWK_CLONES void FN(swk_affine_activate)(int32_t kind, REAL slope, int64_t n, REAL s, REAL t, const REAL *z0,
                                        const REAL *zu, const REAL *zv, REAL *out)
{
    enum { tile = 1024 };
    if (kind == SWK_RELU) {
        SWK_AFFINE_LOOP(n, u <= 0 ? 0 : u)
    } else if (kind == SWK_LEAKY_RELU) {
        SWK_AFFINE_LOOP(n, u <= 0 ? slope * u : u)
    } else if (kind == SWK_LINEAR) {
        SWK_AFFINE_LOOP(n, u)
    } else {
        while (n > 0) {
            int64_t count = n < tile ? n : tile;
            SWK_AFFINE_LOOP(count, u)
            FN(swk_bias_activate)(kind, slope, 1, count, 0, out, out, 0, 0);
            z0 += count;
            zu += count;
            zv = zv ? zv + count : zv;
            out += count;
            n -= count;
        }
    }
}
