/* The kernels of sign_products.h for the selected type. Here sixteen signs at a time are shifted into the sign bits of
 * sixteen numbers; sign_products_v3.c has the faster way of machines that look up tables in registers. */

#undef SIGN_ROWS
#define SIGN_ROWS 4

SWK_INLINE REAL FN(lanes_sum)(const FN(signed_lanes) *lanes)
{
    REAL sum[16];
    __builtin_memcpy(sum, lanes, sizeof sum);
    for (int width = 8; width > 0; width /= 2)
        for (int j = 0; j < width; j++)
            sum[j] += sum[j + width];
    return sum[0];
}

/* Adds the products of one word of `count` rows with 64 numbers. */
SWK_INLINE void FN(add_word)(int count, const uint64_t *word, int64_t stride, const REAL *x, FN(signed_lanes) *sum)
{
    for (int c = 0; c < 4; c++) {
        FN(signed_lanes) part;
        __builtin_memcpy(&part, x + 16 * c, sizeof part);
        for (int r = 0; r < count; r++) {
            FN(signed_lanes) term = part;
            FN(flip_signs)(&term, FN(part)(word[r * stride], c), FIRST(c));
            sum[r] += term;
        }
    }
}

SWK_INLINE void FN(sign_rows)(int count, int64_t width, const uint64_t *bits, int64_t stride, const REAL *x,
                              const REAL *rest, REAL *y)
{
    FN(signed_lanes) sum[SIGN_ROWS] = {{0}};
    int64_t words = width / 64;
    for (int64_t w = 0; w < words; w++)
        FN(add_word)(count, bits + w, stride, x + 64 * w, sum);
    if (width % 64)
        FN(add_word)(count, bits + words, stride, rest, sum);
    for (int r = 0; r < count; r++)
        y[r] = FN(lanes_sum)(&sum[r]);
}

SWK_CLONES void FN(swk_sign_rows_flipping)(int64_t rows, int64_t width, const uint64_t *bits, int64_t stride,
                                           const REAL *x, REAL *y)
{
    REAL rest[64] = {0};
    __builtin_memcpy(rest, x + (width - width % 64), (size_t)(width % 64) * sizeof(REAL));
    int64_t p = 0;
    for (; p + SIGN_ROWS <= rows; p += SIGN_ROWS)
        FN(sign_rows)(SIGN_ROWS, width, bits + p * stride, stride, x, rest, y + p);
    for (; p < rows; p++)
        FN(sign_rows)(1, width, bits + p * stride, stride, x, rest, y + p);
}

void FN(swk_sign_rows)(int64_t rows, int64_t width, const uint64_t *bits, int64_t stride, const REAL *x, REAL *y)
{
#if defined(__x86_64__)
    if (rows >= TABLE_ROWS && swk_kernels()->level >= 3) {
        FN(swk_sign_rows_tables)(rows, width, bits, stride, x, y);
        return;
    }
#endif
    FN(swk_sign_rows_flipping)(rows, width, bits, stride, x, y);
}

SWK_CLONES void FN(swk_sign_columns)(int64_t rows, int64_t width, const uint64_t *bits, int64_t stride, const REAL *g,
                                     REAL beta, REAL *y)
{
    for (int64_t start = 0; start < width; start += 64, bits++) {
        FN(signed_lanes) sum[4] = {{0}};
        for (int64_t p = 0; p < rows; p++) {
            uint64_t word = bits[p * stride];
            for (int c = 0; c < 4; c++) {
                FN(signed_lanes) term = g[p] - (FN(signed_lanes)){0};
                FN(flip_signs)(&term, FN(part)(word, c), FIRST(c));
                sum[c] += term;
            }
        }
        REAL total[64];
        __builtin_memcpy(total, sum, sizeof total);
        int64_t count = width - start < 64 ? width - start : 64;
        for (int64_t i = 0; i < count; i++)
            y[start + i] = beta == 0 ? total[i] : beta * y[start + i] + total[i];
    }
}
