/* Softmax and losses for the selected type. Rows are taken in blocks of about TILE elements, so that one vectorised
 * exponential serves many short rows. */
#undef TILE
#define TILE 1024

/* Short rows take four lanes: sixteen would stay mostly empty, and one would wait for each addition. */
SWK_INLINE double FN(row_total)(int64_t cols, const REAL *x)
{
    if (cols >= 2 * SWK_LANES)
        return FN(total)(cols, x);
    double sum[4] = {0};
    int64_t whole = cols & -4;
    for (int64_t i = 0; i < whole; i += 4)
        for (int j = 0; j < 4; j++)
            sum[j] += (double)x[i + j];
    for (int64_t i = whole; i < cols; i++)
        sum[i - whole] += (double)x[i];
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

/* NaN may be lost here; the exponentials bring it back. */
SWK_INLINE REAL FN(row_maximum)(int64_t cols, const REAL *z)
{
    REAL lane[8];
    for (int j = 0; j < 8; j++)
        lane[j] = z[cols < 8 ? 0 : j];
    int64_t i = cols < 8 ? 1 : 8;
    for (; i + 8 <= cols; i += 8)
        for (int j = 0; j < 8; j++)
            lane[j] = z[i + j] > lane[j] ? z[i + j] : lane[j];
    for (; i < cols; i++)
        lane[i % 8] = z[i] > lane[i % 8] ? z[i] : lane[i % 8];
    for (int width = 4; width > 0; width /= 2)
        for (int j = 0; j < width; j++)
            lane[j] = lane[j + width] > lane[j] ? lane[j + width] : lane[j];
    return lane[0];
}

SWK_INLINE void FN(exponentials)(int64_t n, REAL *x)
{
    int64_t whole = n & -(int64_t)SWK_STEP;
    SWK_POLYNOMIAL_LOOP
    for (int64_t i = 0; i < whole; i++)
        x[i] = FN(exponential)(x[i]);
    REAL rest[SWK_STEP] = {0};
    for (int64_t i = whole; i < n; i++)
        rest[i - whole] = x[i];
    SWK_POLYNOMIAL_LOOP
    for (int i = 0; i < SWK_STEP; i++)
        rest[i] = FN(exponential)(rest[i]);
    for (int64_t i = whole; i < n; i++)
        x[i] = rest[i - whole];
}

/* e = exp(gamma (z - maximum of the row)) and its sums. */
SWK_INLINE void FN(softmax_block)(int64_t rows, int64_t cols, const REAL *z, REAL gamma, const REAL *largest, REAL *e,
                                  double *sum)
{
    for (int64_t i = 0; i < rows; i++) {
        SWK_LOOP
        for (int64_t j = 0; j < cols; j++)
            e[i * cols + j] = gamma * (z[i * cols + j] - largest[i]);
    }
    FN(exponentials)(rows * cols, e);
    for (int64_t i = 0; i < rows; i++)
        sum[i] = FN(row_total)(cols, e + i * cols);
}

/* The sum of one row in pieces, for when there is no array of a row's length to work in. */
SWK_INLINE double FN(long_row_sum)(int64_t cols, const REAL *z, REAL gamma, REAL largest)
{
    REAL e[TILE];
    double sum = 0;
    for (int64_t start = 0; start < cols; start += TILE) {
        int64_t width = cols - start < TILE ? cols - start : TILE;
        for (int64_t j = 0; j < width; j++)
            e[j] = gamma * (z[start + j] - largest);
        FN(exponentials)(width, e);
        sum += FN(total)(width, e);
    }
    return sum;
}

SWK_INLINE void FN(scale_rows)(int64_t rows, int64_t cols, const double *sum, const REAL *e, REAL *p)
{
    for (int64_t i = 0; i < rows; i++) {
        REAL inverse = (REAL)(1.0 / sum[i]);
        SWK_LOOP
        for (int64_t j = 0; j < cols; j++)
            p[i * cols + j] = e[i * cols + j] * inverse;
    }
}

/* Like cross_entropy below, compiled for ten columns and for any number: with a constant the short loops unroll. */
SWK_INLINE void FN(softmax)(int64_t rows, int64_t cols, const REAL *z, REAL *p)
{
    REAL largest[TILE];
    double sum[TILE];
    int64_t block = cols < TILE ? TILE / cols : 1;
    for (int64_t start = 0; start < rows; start += block) {
        int64_t count = rows - start < block ? rows - start : block;
        for (int64_t i = 0; i < count; i++)
            largest[i] = FN(row_maximum)(cols, z + (start + i) * cols);
        FN(softmax_block)(count, cols, z + start * cols, 1, largest, p + start * cols, sum);
        FN(scale_rows)(count, cols, sum, p + start * cols, p + start * cols);
    }
}

SWK_CLONES void FN(swk_softmax_rows)(int64_t rows, int64_t cols, const REAL *z, REAL *p)
{
    if (cols == 10)
        FN(softmax)(rows, 10, z, p);
    else if (cols > 0)
        FN(softmax)(rows, cols, z, p);
}

SWK_CLONES void FN(swk_softmax_tangent_rows)(int64_t rows, int64_t cols, const REAL *p, const REAL *dz, REAL scale,
                                             REAL *out)
{
    for (int64_t i = 0; i < rows; i++, p += cols, dz += cols, out += cols) {
        double dot = 0;
        if (cols >= 2 * SWK_LANES)
            dot = FN(total_product)(cols, p, dz);
        else
            for (int64_t j = 0; j < cols; j++)
                dot += (double)p[j] * (double)dz[j];
        REAL mean = (REAL)dot;
        SWK_LOOP
        for (int64_t j = 0; j < cols; j++)
            out[j] = scale * (p[j] * (dz[j] - mean));
    }
}

/* 1 unless the label is the first maximum of the row: earlier entries must be smaller, later ones not larger. */
SWK_INLINE int64_t FN(misclassified)(int64_t cols, const REAL *z, int32_t label)
{
    REAL chosen = z[label];
    int wrong = 0;
    for (int64_t j = 0; j < cols; j++)
        wrong |= (!(z[j] <= chosen)) | ((j < label) & (z[j] == chosen));
    return wrong;
}

SWK_INLINE void FN(cross_entropy)(int64_t rows, int64_t cols, const REAL *z, const int32_t *labels, REAL gamma, REAL *p,
                                  REAL *grad, double *loss_sum, int64_t *errors)
{
    REAL largest[TILE], stack[TILE];
    double sum[TILE], gap[TILE], loss = 0;
    int64_t wrong = 0, block = cols < TILE ? TILE / cols : 1;
    for (int64_t start = 0; start < rows; start += block) {
        int64_t count = rows - start < block ? rows - start : block;
        const REAL *in = z + start * cols;
        for (int64_t i = 0; i < count; i++) {
            const REAL *row = in + i * cols;
            int32_t label = labels[start + i];
            largest[i] = FN(row_maximum)(cols, row);
            gap[i] = (double)gamma * ((double)largest[i] - (double)row[label]);
            wrong += FN(misclassified)(cols, row, label);
        }
        REAL *e = p ? p + start * cols : grad ? grad + start * cols : stack;
        if (e == stack && cols > TILE)
            sum[0] = FN(long_row_sum)(cols, in, gamma, largest[0]);
        else
            FN(softmax_block)(count, cols, in, gamma, largest, e, sum);
        if (p || grad)
            FN(scale_rows)(count, cols, sum, e, e);
        if (p && grad)
            __builtin_memcpy(grad + start * cols, e, (size_t)(count * cols) * sizeof(REAL));
        for (int64_t i = 0; grad && i < count; i++)
            grad[(start + i) * cols + labels[start + i]] -= R(1.0);
        SWK_LOOP
        for (int64_t i = 0; i < count; i++)
            sum[i] = log_corrected_f64(sum[i], gap[i]);
        loss += total_f64(count, sum);
    }
    *loss_sum = loss / (double)gamma;
    if (errors)
        *errors = wrong;
}

SWK_CLONES void FN(swk_cross_entropy)(int64_t rows, int64_t cols, const REAL *z, const int32_t *labels, REAL gamma,
                                      REAL *p, REAL *grad, double *loss_sum, int64_t *errors)
{
    if (cols == 10)
        FN(cross_entropy)(rows, 10, z, labels, gamma, p, grad, loss_sum, errors);
    else
        FN(cross_entropy)(cols > 0 ? rows : 0, cols > 0 ? cols : 1, z, labels, gamma, p, grad, loss_sum, errors);
}

SWK_CLONES void FN(swk_squared_error)(int64_t n, const REAL *f, const REAL *y, REAL *grad, double *sum)
{
    REAL difference[TILE];
    double squares = 0;
    for (int64_t start = 0; start < n; start += TILE) {
        int64_t count = n - start < TILE ? n - start : TILE;
        for (int64_t i = 0; i < count; i++)
            difference[i] = f[start + i] - y[start + i];
        squares += FN(total_product)(count, difference, difference);
        if (grad)
            __builtin_memcpy(grad + start, difference, (size_t)count * sizeof(REAL));
    }
    *sum = 0.5 * squares;
}

SWK_CLONES void FN(swk_margin_loss)(int32_t kind, REAL parameter, int64_t n, const REAL *f, const REAL *y, REAL *d1,
                                    REAL *d2, double *loss_sum, int64_t *errors)
{
    REAL loss[TILE], first[TILE], second[TILE];
    REAL steepness = kind == SWK_LOSS_CROSS_ENTROPY ? R(2.0) * parameter : R(1.0);
    double sum = 0;
    int64_t wrong = 0;
    for (int64_t start = 0; start < n; start += TILE) {
        int64_t count = n - start < TILE ? n - start : TILE;
        const REAL *output = f + start, *label = y + start;
        int misses = 0;
        for (int64_t i = 0; i < count; i++)
            misses += !(output[i] * label[i] > 0);
        wrong += misses;
        if (kind == SWK_LOSS_HINGE) {
            SWK_LOOP
            for (int64_t i = 0; i < count; i++) {
                REAL gap = parameter - output[i] * label[i];
                loss[i] = gap <= 0 ? 0 : gap;
                first[i] = gap <= 0 ? 0 : -label[i];
                second[i] = 0;
            }
        } else {
            SWK_POLYNOMIAL_LOOP
            for (int64_t i = 0; i < count; i++) {
                REAL t = steepness * (output[i] * label[i]);
                REAL e = FN(exponential)(-FN(magnitude)(t));
                REAL inverse = R(1.0) / (R(1.0) + e);
                loss[i] = ((t > 0 ? 0 : -t) + FN(log_one_plus_unit)(e)) / steepness;
                first[i] = -label[i] * ((t > 0 ? e : R(1.0)) * inverse);
                second[i] = steepness * (e * inverse * inverse);
            }
        }
        sum += FN(total)(count, loss);
        if (d1)
            __builtin_memcpy(d1 + start, first, (size_t)count * sizeof(REAL));
        if (d2)
            __builtin_memcpy(d2 + start, second, (size_t)count * sizeof(REAL));
    }
    *loss_sum = sum;
    if (errors)
        *errors = wrong;
}
