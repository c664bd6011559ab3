/* The kernels of tap.h for the selected type, a tile of elements at a time. */
#undef TILE
#define TILE 256

SWK_INLINE void FN(load_scale)(int count, const REAL *scale, int64_t start, REAL *tile)
{
    if (scale) {
        __builtin_memcpy(tile, scale + start, (size_t)count * sizeof(REAL));
        return;
    }
    for (int i = 0; i < count; i++)
        tile[i] = R(1.0);
}

SWK_CLONES void FN(swk_tap_patterns)(int32_t channel, int64_t n, REAL variance, const REAL *scale, REAL noise,
                                     REAL target, const REAL *field, REAL *g, swk_tap_output *out)
{
    REAL factor[TILE], slope[TILE], change[TILE];
    swk_tap_output sums = {0};
    for (int64_t start = 0; start < n; start += TILE) {
        int count = n - start < TILE ? (int)(n - start) : TILE, below = 0;
        FN(load_scale)(count, scale, start, factor);
        const REAL *z = field + start;
        REAL *message = g + start;
        for (int i = 0; i < count; i++)
            below += !(z[i] > target);
        SWK_POLYNOMIAL_LOOP
        for (int i = 0; i < count; i++) {
            REAL v = variance * factor[i];
            REAL inverse = R(1.0) / (v + noise);
            REAL gap = z[i] - v * message[i] - target;
            REAL root = SWK_SQRT(inverse);
            REAL tail = root * FN(inverse_mills)(-gap * root);
            REAL next = channel == SWK_TAP_SIGN ? tail : -gap * inverse;
            slope[i] = channel == SWK_TAP_SIGN ? tail * (tail + gap * inverse) : inverse;
            change[i] = next - message[i];
            message[i] = next;
        }
        sums.below += below;
        sums.change += FN(total_product)(count, change, change);
        sums.square += FN(total_product)(count, message, message);
        sums.precision += FN(total_product)(count, factor, slope);
    }
    *out = sums;
}

/* total' = memory total + gain (sum + precision scale m + external). */
SWK_INLINE void FN(update_total)(int count, REAL precision, const REAL *factor, const REAL *external, int64_t start,
                                 REAL memory, REAL gain, const REAL *sum, const REAL *m, REAL *total)
{
    SWK_LOOP
    for (int i = 0; i < count; i++) {
        REAL h = sum[i] + precision * factor[i] * m[i];
        total[i] = memory * total[i] + gain * h;
    }
    if (!external)
        return;
    SWK_LOOP
    for (int i = 0; i < count; i++)
        total[i] += gain * external[start + i];
}

/* Largest magnitude, found among the bits, whose order is that of the magnitudes with NaN above all. */
SWK_INLINE double FN(largest)(int count, const REAL *x)
{
    BITS most = 0;
    for (int i = 0; i < count; i++) {
        BITS bits = FN(bits)(FN(magnitude)(x[i]));
        most = bits > most ? bits : most;
    }
    return (double)FN(real)(most);
}

SWK_CLONES void FN(swk_tap_binary)(int64_t n, REAL precision, const REAL *scale, const REAL *external, REAL memory,
                                   REAL gain, const REAL *sum, REAL *total, REAL *m, swk_tap_input *out)
{
    REAL factor[TILE], change[TILE], rest[TILE];
    swk_tap_input sums = {0};
    for (int64_t start = 0; start < n; start += TILE) {
        int count = n - start < TILE ? (int)(n - start) : TILE;
        REAL *mean = m + start, *field = total + start;
        FN(load_scale)(count, scale, start, factor);
        FN(update_total)(count, precision, factor, external, start, memory, gain, sum + start, mean, field);
        SWK_POLYNOMIAL_LOOP
        for (int i = 0; i < count; i++) {
            REAL next = FN(hyperbolic_tangent)(field[i]);
            change[i] = next - mean[i];
            mean[i] = next;
            rest[i] = (R(1.0) - next) * (R(1.0) + next);
        }
        double most = FN(largest)(count, change);
        sums.change = most > sums.change || most != most ? most : sums.change;
        sums.square += FN(total_product)(count, mean, mean);
        sums.spread += FN(total_product)(count, factor, rest);
    }
    *out = sums;
}

SWK_CLONES void FN(swk_tap_gaussian)(int64_t n, REAL precision, const REAL *scale, const REAL *external, REAL memory,
                                     REAL gain, REAL lambda, const REAL *sum, REAL *total, REAL *m,
                                     swk_tap_input *out)
{
    REAL factor[TILE], change[TILE], rest[TILE];
    swk_tap_input sums = {0};
    for (int64_t start = 0; start < n; start += TILE) {
        int count = n - start < TILE ? (int)(n - start) : TILE;
        REAL *mean = m + start, *field = total + start;
        FN(load_scale)(count, scale, start, factor);
        FN(update_total)(count, precision, factor, external, start, memory, gain, sum + start, mean, field);
        SWK_LOOP
        for (int i = 0; i < count; i++) {
            REAL v = R(1.0) / (lambda + precision * factor[i]);
            REAL next = v * field[i];
            change[i] = next - mean[i];
            mean[i] = next;
            rest[i] = v;
        }
        double most = FN(largest)(count, change);
        sums.change = most > sums.change || most != most ? most : sums.change;
        sums.square += FN(total_product)(count, mean, mean);
        sums.spread += FN(total_product)(count, factor, rest);
    }
    *out = sums;
}

SWK_CLONES void FN(swk_tap_signs)(int64_t n, const REAL *x, REAL *s)
{
    SWK_LOOP
    for (int64_t i = 0; i < n; i++)
        s[i] = x[i] >= 0 ? R(1.0) : R(-1.0);
}

SWK_CLONES int64_t FN(swk_tap_below)(int64_t n, const REAL *x, REAL target)
{
    int64_t below = 0;
    for (int64_t i = 0; i < n; i++)
        below += !(x[i] > target);
    return below;
}
