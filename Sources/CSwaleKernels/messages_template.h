/* Messages for the selected type, a word of 64 signs at a time: loops of constant length, which fill vectors. */

/* +1 or -1 from the bits of a word. */
SWK_INLINE void FN(expand_signs)(uint64_t word, REAL *xi)
{
    for (int half = 0; half < 2; half++) {
        uint32_t part = (uint32_t)(word >> (32 * half));
        for (int j = 0; j < 32; j++)
            xi[32 * half + j] = (REAL)((int32_t)((part >> j) & 1) * 2 - 1);
    }
}

SWK_CLONES void FN(swk_message_cavity)(int64_t n, const uint64_t *bits, const REAL *total, const REAL *u, REAL *m,
                                       double *mu, double *variance)
{
    /* Partial sums go to double every so many words, so that long rows lose no digits. */
    enum { tile = 64, lanes = 16, flush = 64 };
    double sum = 0, sum_variance = 0;
    REAL field[lanes] = {0}, spread[lanes] = {0};
    int64_t words = (n + tile - 1) / tile;
    for (int64_t w = 0; w < words; w++) {
        REAL xi[tile], c[tile];
        int count = n - w * tile < tile ? (int)(n - w * tile) : tile;
        FN(expand_signs)(bits[w], xi);
        const REAL *t = total + w * tile, *v = u + w * tile;
        if (count == tile) {
            for (int j = 0; j < tile; j++)
                c[j] = FN(hyperbolic_tangent)(t[j] - v[j]);
            __builtin_memcpy(m + w * tile, c, sizeof c);
        } else {
            for (int j = 0; j < tile; j++)
                c[j] = j < count ? t[j] - v[j] : 0;
            for (int j = 0; j < tile; j++)
                c[j] = FN(hyperbolic_tangent)(c[j]);
            __builtin_memcpy(m + w * tile, c, (size_t)count * sizeof(REAL));
            sum_variance -= tile - count; /* what the padding adds below */
        }
        for (int b = 0; b < tile; b += lanes)
            for (int l = 0; l < lanes; l++) {
                field[l] += xi[b + l] * c[b + l];
                spread[l] += (REAL)1 - c[b + l] * c[b + l];
            }
        if (w % flush == flush - 1 || w == words - 1)
            for (int l = 0; l < lanes; l++) {
                sum += (double)field[l];
                sum_variance += (double)spread[l];
                field[l] = spread[l] = 0;
            }
    }
    *mu = sum;
    *variance = sum_variance > 0 ? sum_variance : 0;
}

/* |tanh a - tanh b| <= |a - b| sech^2(smaller of both) <= |a - b| / (1 + smaller^2). */
SWK_INLINE REAL FN(tanh_change)(REAL before, REAL after)
{
    REAL p = FN(magnitude)(before), q = FN(magnitude)(after), low = p < q ? p : q;
    low = before * after > 0 ? low : 0;
    return FN(magnitude)(after - before) / ((REAL)1 + low * low);
}

/* Clamps, damps, stores and accounts for `count` <= 64 new messages, of which fresh holds 64. */
SWK_INLINE void FN(settle)(int count, const REAL *fresh, REAL limit, REAL damping, REAL *u, REAL *change, REAL *largest)
{
    enum { tile = 64, lanes = 16 };
    REAL before[tile], step[tile];
    if (count < tile)
        for (int j = 0; j < tile; j++)
            before[j] = fresh[j]; /* padding does not move */
    __builtin_memcpy(before, u, (size_t)count * sizeof(REAL));
    for (int b = 0; b < tile; b += lanes)
        for (int l = 0; l < lanes; l++) {
            REAL x = fresh[b + l], old = before[b + l];
            x = x > limit ? limit : x;
            x = x < -limit ? -limit : x;
            x += damping * (old - x);
            REAL moved = FN(tanh_change)(old, x);
            before[b + l] = x;
            step[b + l] = x - old;
            largest[l] = moved > largest[l] ? moved : largest[l];
        }
    if (count == tile) {
        for (int j = 0; j < tile; j++)
            change[j] += step[j];
        __builtin_memcpy(u, before, sizeof before);
    } else {
        for (int j = 0; j < count; j++)
            change[j] += step[j];
        __builtin_memcpy(u, before, (size_t)count * sizeof(REAL));
    }
}

SWK_INLINE REAL FN(largest_lane)(const REAL *largest)
{
    REAL result = 0;
    for (int l = 0; l < 16; l++)
        result = largest[l] > result ? largest[l] : result;
    return result;
}

SWK_CLONES REAL FN(swk_message_send)(int64_t n, const uint64_t *bits, const REAL *m, double mu, double variance,
                                     double slope, double curvature, REAL limit, REAL damping, REAL *u, REAL *change)
{
    enum { tile = 64 };
    const REAL one = 1, least = (REAL)1e-10, center = (REAL)mu, spread = (REAL)variance;
    const REAL x = (REAL)(variance > 1e-10 ? mu / __builtin_sqrt(variance) : mu * 1e5);
    const REAL level = (REAL)slope, bend = (REAL)curvature;
    REAL largest[16] = {0};
    for (int64_t start = 0; start < n; start += tile) {
        REAL xi[tile], fresh[tile];
        int count = n - start < tile ? (int)(n - start) : tile;
        FN(expand_signs)(bits[start / tile], xi);
        REAL c[tile] = {0};
        __builtin_memcpy(c, m + start, (size_t)count * sizeof(REAL));
        for (int j = 0; j < tile; j++) {
            REAL rest = spread - (one - c[j] * c[j]);
            rest = rest > least ? rest : least;
            REAL inverse = one / SWK_SQRT(rest);
            REAL at = (center - xi[j] * c[j]) * inverse;
            fresh[j] = xi[j] * inverse * (level + bend * (at - x));
        }
        FN(settle)(count, fresh, limit, damping, u + start, change + start, largest);
    }
    return FN(largest_lane)(largest);
}

/* x_j becomes F(x_j) - |field|, for a tile. With q = H(|x|) and E = e^(-2 |field|), which fields of a few dozen keep far
 * above the smallest numbers, it is ln(1 - q + E q) where the field agrees with x, else ln(q + E (1 - q)). */
SWK_INLINE void FN(log_likelihood)(REAL field, REAL *x)
{
    enum { tile = 64 };
    if (__builtin_isinf(field)) {
        REAL sign = field < 0 ? 1 : -1;
        SWK_POLYNOMIAL_LOOP
        for (int j = 0; j < tile; j++)
            x[j] = FN(log_normal_tail)(sign * x[j]);
        return;
    }
    REAL unlikely = FN(exponential)(-2 * FN(magnitude)(field));
    SWK_POLYNOMIAL_LOOP
    for (int j = 0; j < tile; j++) {
        REAL a = FN(magnitude)(x[j]);
        REAL q = R(0.5) * FN(erfcx)(a * R(0.70710678118654752440)) * FN(exp_square)(a, R(-0.5));
        REAL p = 1 - q;
        REAL agreeing = p + unlikely * q, disagreeing = q + unlikely * p;
        x[j] = FN(logarithm)(x[j] * field >= 0 ? agreeing : disagreeing);
    }
}

SWK_CLONES REAL FN(swk_message_pairs)(int64_t n, const uint64_t *bits, const REAL *m, double mu, double variance,
                                      double field, REAL limit, REAL damping, REAL *u, REAL *change)
{
    enum { tile = 64 };
    const REAL one = 1, least = (REAL)1e-10, most = (REAL)1e6, center = (REAL)mu, spread = (REAL)variance;
    REAL largest[16] = {0};
    for (int64_t start = 0; start < n; start += tile) {
        REAL xi[tile], c[tile] = {0}, fresh[tile], plus[tile], minus[tile];
        int count = n - start < tile ? (int)(n - start) : tile;
        FN(expand_signs)(bits[start / tile], xi);
        __builtin_memcpy(c, m + start, (size_t)count * sizeof(REAL));
        for (int j = 0; j < tile; j++) {
            REAL rest = spread - (one - c[j]) * (one + c[j]);
            rest = rest > least ? rest : least;
            REAL inverse = one / SWK_SQRT(rest), mean = center - xi[j] * c[j];
            plus[j] = (mean + one) * inverse;
            minus[j] = (mean - one) * inverse;
        }
        FN(log_likelihood)((REAL)field, plus);
        FN(log_likelihood)((REAL)field, minus);
        for (int j = 0; j < tile; j++) {
            REAL sent = R(0.5) * (plus[j] - minus[j]);
            sent = sent > most ? most : sent;
            sent = sent < -most ? -most : sent;
            fresh[j] = xi[j] * sent;
        }
        FN(settle)(count, fresh, limit, damping, u + start, change + start, largest);
    }
    return FN(largest_lane)(largest);
}

SWK_CLONES REAL FN(swk_message_take)(int64_t n, const uint64_t *bits, const double *sent, REAL limit, REAL damping,
                                     REAL *u, REAL *change)
{
    enum { tile = 64 };
    REAL largest[16] = {0};
    for (int64_t start = 0; start < n; start += tile) {
        REAL xi[tile], fresh[tile];
        int count = n - start < tile ? (int)(n - start) : tile;
        FN(expand_signs)(bits[start / tile], xi);
        for (int j = 0; j < tile; j++)
            fresh[j] = j < count ? xi[j] * (REAL)sent[start + j] : 0;
        FN(settle)(count, fresh, limit, damping, u + start, change + start, largest);
    }
    return FN(largest_lane)(largest);
}

/* ln 2cosh x. */
SWK_INLINE REAL FN(log_two_cosh)(REAL x)
{
    REAL a = FN(magnitude)(x);
    return a + FN(log_one_plus_unit)(FN(exponential)(R(-2.0) * a));
}

SWK_CLONES double FN(swk_message_log_cosh)(int64_t n, const REAL *total, const REAL *u)
{
    enum { tile = 64 };
    double sum = 0;
    for (int64_t start = 0; start < n; start += tile) {
        REAL value[tile] = {0};
        int count = n - start < tile ? (int)(n - start) : tile;
        for (int j = 0; j < count; j++)
            value[j] = u ? total[start + j] - u[start + j] : total[start + j];
        SWK_POLYNOMIAL_LOOP
        for (int j = 0; j < tile; j++)
            value[j] = FN(log_two_cosh)(value[j]);
        double part = 0;
        for (int j = 0; j < count; j++)
            part += (double)value[j];
        sum += part;
    }
    return sum;
}
