/* The kernel of columns.h for the selected type. Tiles of samples go through all classes: first for the maximum and
 * its place, then for the sum of exponentials. Every loop takes the whole tile, the last one padded with zeros, so that each
 * column meets the same arithmetic wherever it stands. */

#undef COLUMN_TILE
#define COLUMN_TILE 64

SWK_CLONES double FN(swk_cross_entropy_columns)(int64_t classes, int64_t n, const REAL *z, int64_t stride,
                                                const int32_t *labels, REAL gamma, int64_t *errors)
{
    REAL score[COLUMN_TILE] = {0}, largest[COLUMN_TILE], sum[COLUMN_TILE];
    int32_t place[COLUMN_TILE];
    double loss[COLUMN_TILE] = {0}, total = 0;
    int64_t wrong = 0;
    for (int64_t start = 0; start < n; start += COLUMN_TILE, z += COLUMN_TILE, labels += COLUMN_TILE) {
        int count = n - start < COLUMN_TILE ? (int)(n - start) : COLUMN_TILE;
        int whole = count == COLUMN_TILE;
        if (!whole)
            __builtin_memset(score, 0, sizeof score);
        for (int64_t c = 0; c < classes; c++) {
            const REAL *row = z + c * stride;
            if (!whole)
                row = __builtin_memcpy(score, row, (size_t)count * sizeof(REAL));
            if (c == 0) {
                __builtin_memcpy(largest, row, sizeof largest);
                __builtin_memset(place, 0, sizeof place);
                continue;
            }
            SWK_LOOP
            for (int i = 0; i < COLUMN_TILE; i++) {
                place[i] = row[i] > largest[i] ? (int32_t)c : place[i];
                largest[i] = row[i] > largest[i] ? row[i] : largest[i];
            }
        }
        __builtin_memset(sum, 0, sizeof sum);
        for (int64_t c = 0; c < classes; c++) {
            const REAL *row = z + c * stride;
            if (!whole)
                row = __builtin_memcpy(score, row, (size_t)count * sizeof(REAL));
            SWK_POLYNOMIAL_LOOP
            for (int i = 0; i < COLUMN_TILE; i++)
                sum[i] += FN(exponential)(gamma * (row[i] - largest[i]));
        }
        for (int i = 0; i < count; i++) {
            loss[i] = (double)gamma * ((double)largest[i] - (double)z[labels[i] * stride + i]);
            /* Comparisons pass over NaN, sums do not. */
            wrong += (place[i] != labels[i]) | (sum[i] != sum[i]);
        }
        SWK_LOOP
        for (int i = 0; i < COLUMN_TILE; i++)
            loss[i] += logarithm_f64((double)sum[i]);
        total += total_f64(count, loss);
    }
    *errors = wrong;
    return total / (double)gamma;
}
