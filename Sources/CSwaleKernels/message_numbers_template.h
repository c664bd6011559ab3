/* Messages for the selected type where the inputs are numbers. */

SWK_CLONES void FN(swk_number_cavity)(int64_t n, const float *inputs, const REAL *total, const REAL *u, REAL *m,
                                      double *mu, double *variance)
{
    enum { tile = 64, lanes = 8 };
    double field[lanes] = {0}, spread[lanes] = {0};
    for (int64_t start = 0; start < n; start += tile) {
        REAL c[tile] = {0}, xi[tile] = {0};
        int count = n - start < tile ? (int)(n - start) : tile;
        for (int j = 0; j < count; j++) {
            c[j] = total[start + j] - u[start + j];
            xi[j] = (REAL)inputs[start + j];
        }
        for (int j = 0; j < tile; j++)
            c[j] = FN(hyperbolic_tangent)(c[j]);
        __builtin_memcpy(m + start, c, (size_t)count * sizeof(REAL));
        for (int b = 0; b < tile; b += lanes)
            for (int l = 0; l < lanes; l++) {
                double x = (double)xi[b + l], mean = (double)c[b + l];
                field[l] += x * mean;
                spread[l] += x * x * (1 - mean * mean);
            }
    }
    double sum = 0, sum_variance = 0;
    for (int l = 0; l < lanes; l++) {
        sum += field[l];
        sum_variance += spread[l];
    }
    *mu = sum;
    *variance = sum_variance > 0 ? sum_variance : 0;
}

SWK_CLONES REAL FN(swk_number_send)(int64_t n, const float *inputs, const REAL *m, double mu, double variance,
                                    double slope, double curvature, REAL limit, REAL damping, REAL *u, REAL *change)
{
    enum { tile = 64 };
    const REAL one = 1, least = (REAL)1e-10, center = (REAL)mu, spread = (REAL)variance;
    const REAL x = (REAL)(variance > 1e-10 ? mu / __builtin_sqrt(variance) : mu * 1e5);
    const REAL level = (REAL)slope, bend = (REAL)curvature;
    REAL largest[16] = {0};
    for (int64_t start = 0; start < n; start += tile) {
        REAL xi[tile] = {0}, fresh[tile], c[tile] = {0};
        int count = n - start < tile ? (int)(n - start) : tile;
        for (int j = 0; j < count; j++)
            xi[j] = (REAL)inputs[start + j];
        __builtin_memcpy(c, m + start, (size_t)count * sizeof(REAL));
        for (int j = 0; j < tile; j++) {
            REAL rest = spread - xi[j] * xi[j] * (one - c[j] * c[j]);
            rest = rest > least ? rest : least;
            REAL inverse = one / SWK_SQRT(rest);
            REAL at = (center - xi[j] * c[j]) * inverse;
            fresh[j] = xi[j] * inverse * (level + bend * (at - x));
        }
        FN(settle)(count, fresh, limit, damping, u + start, change + start, largest);
    }
    return FN(largest_lane)(largest);
}

SWK_CLONES REAL FN(swk_number_take)(int64_t n, const double *sent, REAL limit, REAL damping, REAL *u, REAL *change)
{
    enum { tile = 64 };
    REAL largest[16] = {0};
    for (int64_t start = 0; start < n; start += tile) {
        REAL fresh[tile] = {0};
        int count = n - start < tile ? (int)(n - start) : tile;
        for (int j = 0; j < count; j++)
            fresh[j] = (REAL)sent[start + j];
        FN(settle)(count, fresh, limit, damping, u + start, change + start, largest);
    }
    return FN(largest_lane)(largest);
}
