/* Activations for the selected type: phi, phi' and phi'' of one number, then loops over tiles. */

#undef JET
#define JET FN(jet)

/* Value and derivatives together, because they share exponentials; what a loop does not store is not computed. */
typedef struct {
    REAL a, d1, d2;
} JET;

SWK_INLINE JET FN(jet_at)(int32_t kind, REAL slope, REAL u)
{
    const REAL one = 1, two = 2;
    switch (kind) {
    case SWK_RELU:
        return (JET){u <= 0 ? 0 : u, u <= 0 ? 0 : one, 0};
    case SWK_LEAKY_RELU:
        return (JET){u <= 0 ? slope * u : u, u <= 0 ? slope : one, 0};
    case SWK_TANH: {
        REAL t = FN(hyperbolic_tangent)(u), d = one - t * t;
        return (JET){t, d, -two * t * d};
    }
    case SWK_SIGMOID: {
        REAL s = FN(logistic)(u), d = s * (one - s);
        return (JET){s, d, d * (one - two * s)};
    }
    case SWK_ERF: {
        REAL d = R(1.12837916709551257390) * FN(exp_square)(FN(magnitude)(u), -one); /* 2 / sqrt pi */
        return (JET){FN(error_function)(u), d, -two * u * d};
    }
    case SWK_ERF_SQRT2: {
        REAL d = R(0.79788456080286535588) * FN(exp_square)(FN(magnitude)(u), R(-0.5)); /* sqrt(2 / pi) */
        return (JET){FN(error_function)(u * SQRT_HALF), d, -u * d};
    }
    case SWK_GELU_TANH: {
        /* u s(q) with the logistic function s and q = 2 sqrt(2 / pi) (u + 0.044715 u^3), s' = s (1 - s) from the smaller
         * of s and 1 - s: both tails keep their digits. Beyond 40 s is 0 or 1, and u^3 would overflow. */
        REAL v = u < R(-40.0) ? R(-40.0) : u;
        v = v > R(40.0) ? R(40.0) : v;
        REAL square = v * v;
        REAL q = R(1.59576912160573071176) * v * (one + R(0.044715) * square);
        REAL q1 = R(1.59576912160573071176) * (one + R(0.134145) * square);
        REAL q2 = R(1.59576912160573071176) * R(0.26829) * v;
        REAL small = FN(logistic)(-FN(magnitude)(q)), d = small * (one - small);
        REAL s = v > 0 ? one - small : small, slope_of_s = v > 0 ? two * small - one : one - two * small;
        return (JET){u * s, s + v * d * q1, d * (two * q1 + v * (slope_of_s * q1 * q1 + q2))};
    }
    case SWK_GELU: {
        REAL size = FN(magnitude)(u);
        REAL gauss = FN(exp_square)(size, R(-0.5));
        REAL tail = R(0.5) * gauss * FN(erfcx)(size * SQRT_HALF);
        REAL below = u > 0 ? one - tail : tail;
        REAL density = R(0.39894228040143267794) * gauss; /* 1 / sqrt(2 pi) */
        return (JET){u * below, below + u * density, density * (two - u * u)};
    }
    case SWK_SOFTPLUS: {
        REAL e = FN(exponential)(-FN(magnitude)(u)), inverse = one / (one + e);
        return (JET){(u > 0 ? u : 0) + FN(log_one_plus_unit)(e), (u > 0 ? one : e) * inverse, e * inverse * inverse};
    }
    case SWK_SILU: {
        REAL s = FN(logistic)(u), d = s * (one - s);
        return (JET){u * s, s + u * d, d * (two + u * (one - two * s))};
    }
    case SWK_SIGN:
        return (JET){(REAL)((u > 0) - (u < 0)), 0, 0};
    case SWK_SQUARE:
        return (JET){u * u, two * u, two};
    default:
        return (JET){u, one, 0};
    }
}

/* count is a multiple of SWK_STEP. Three loops, so that derivatives nobody asked for cost nothing. */
SWK_INLINE void FN(activate_tile)(int32_t kind, REAL slope, int order, int count, const REAL *u, REAL *a, REAL *d1,
                                  REAL *d2)
{
    count &= ~(SWK_STEP - 1);
    if (order == 0) {
        SWK_POLYNOMIAL_LOOP
        for (int i = 0; i < count; i++)
            a[i] = FN(jet_at)(kind, slope, u[i]).a;
    } else if (order == 1) {
        SWK_POLYNOMIAL_LOOP
        for (int i = 0; i < count; i++) {
            JET jet = FN(jet_at)(kind, slope, u[i]);
            a[i] = jet.a;
            d1[i] = jet.d1;
        }
    } else {
        SWK_POLYNOMIAL_LOOP
        for (int i = 0; i < count; i++) {
            JET jet = FN(jet_at)(kind, slope, u[i]);
            a[i] = jet.a;
            d1[i] = jet.d1;
            d2[i] = jet.d2;
        }
    }
}

/* Walks over rows x cols elements in spans that stay in the first-level cache, with the bias of each element: `bias`
 * points into the bias itself, or for narrow rows, of which several share a span, into as many copies of it. */
#undef SPANS
#define SPANS FN(bias_spans)
#undef SPAN
#define SPAN 512
typedef struct {
    const REAL *whole, *bias;
    int64_t cols, total, rows, start, count;
    REAL copies[SPAN];
} SPANS;

SWK_INLINE void FN(begin_spans)(SPANS *s, int64_t rows, int64_t cols, const REAL *bias)
{
    s->whole = bias;
    s->cols = cols;
    s->total = rows * cols;
    s->rows = cols > 0 ? SPAN / cols : 0;
    s->start = s->count = 0;
    for (int64_t i = 0; s->rows > 1 && i < s->rows; i++)
        for (int64_t j = 0; j < cols; j++)
            s->copies[i * cols + j] = bias[j];
}

SWK_INLINE int FN(next_span)(SPANS *s)
{
    s->start += s->count;
    if (s->start >= s->total)
        return 0;
    if (s->rows > 1) {
        s->bias = s->copies;
        s->count = s->rows * s->cols;
    } else {
        int64_t column = s->start % s->cols;
        s->bias = s->whole + column;
        s->count = s->cols - column < SPAN ? s->cols - column : SPAN;
    }
    s->count = s->count < s->total - s->start ? s->count : s->total - s->start;
    return 1;
}

/* a = phi(z + bias) for the kinds that cost less than copying a tile. */
SWK_INLINE void FN(rectify)(int32_t kind, REAL slope, int64_t rows, int64_t cols, const REAL *bias, const REAL *z,
                            REAL *a)
{
    SPANS s;
    FN(begin_spans)(&s, rows, cols, bias);
    while (FN(next_span)(&s)) {
        const REAL *from = z + s.start, *add = s.bias;
        REAL *to = a + s.start;
        SWK_LOOP
        for (int64_t i = 0; i < s.count; i++) {
            REAL u = from[i] + add[i];
            to[i] = FN(jet_at)(kind, slope, u).a;
        }
    }
}

#undef SWK_KIND
#define SWK_KIND(kind)                                                                                                 \
    case kind:                                                                                                         \
        FN(activate_tile)(kind, slope, order, padded, u, value, first, second);                                        \
        break;

/* Works on copies of tiles, unless the activation is simple and alone: outputs may then alias z, and the last tile can
 * be padded to whole vectors. */
SWK_CLONES void FN(swk_bias_activate)(int32_t kind, REAL slope, int64_t rows, int64_t cols, const REAL *bias,
                                      const REAL *z, REAL *a, REAL *d1, REAL *d2)
{
    enum { tile = 256 };
    REAL u[tile], value[tile], first[tile], second[tile];
    int order = d2 ? 2 : d1 ? 1 : 0;
    int64_t column = 0;
    if (order == 0 && bias && (kind == SWK_LINEAR || kind == SWK_RELU || kind == SWK_LEAKY_RELU)) {
        if (kind == SWK_RELU)
            FN(rectify)(SWK_RELU, slope, rows, cols, bias, z, a);
        else if (kind == SWK_LEAKY_RELU)
            FN(rectify)(SWK_LEAKY_RELU, slope, rows, cols, bias, z, a);
        else
            FN(rectify)(SWK_LINEAR, slope, rows, cols, bias, z, a);
        return;
    }
    for (int64_t start = 0; start < rows * cols; start += tile) {
        int count = rows * cols - start < tile ? (int)(rows * cols - start) : tile;
        int padded = (count + SWK_STEP - 1) & -SWK_STEP;
        __builtin_memcpy(u, z + start, (size_t)count * sizeof(REAL));
        for (int i = count; i < padded; i++)
            u[i] = 0;
        for (int done = 0; bias && done < count;) {
            int64_t width = cols - column < count - done ? cols - column : count - done;
            for (int64_t j = 0; j < width; j++)
                u[done + j] += bias[column + j];
            done += (int)width;
            column = column + width == cols ? 0 : column + width;
        }
        switch (kind) {
            SWK_KIND(SWK_RELU)
            SWK_KIND(SWK_LEAKY_RELU)
            SWK_KIND(SWK_TANH)
            SWK_KIND(SWK_SIGMOID)
            SWK_KIND(SWK_ERF)
            SWK_KIND(SWK_GELU)
            SWK_KIND(SWK_SOFTPLUS)
            SWK_KIND(SWK_SILU)
            SWK_KIND(SWK_SIGN)
            SWK_KIND(SWK_SQUARE)
            SWK_KIND(SWK_ERF_SQRT2)
            SWK_KIND(SWK_GELU_TANH)
        default:
            FN(activate_tile)(SWK_LINEAR, slope, order, padded, u, value, first, second);
        }
        __builtin_memcpy(a + start, value, (size_t)count * sizeof(REAL));
        if (d1)
            __builtin_memcpy(d1 + start, first, (size_t)count * sizeof(REAL));
        if (d2)
            __builtin_memcpy(d2 + start, second, (size_t)count * sizeof(REAL));
    }
}

/* out = g * phi'(u) for n elements. */
SWK_INLINE void FN(backward_span)(int32_t kind, REAL slope, int64_t n, const REAL *a, const REAL *d1, const REAL *g,
                                  REAL *out)
{
    if (d1) {
        SWK_LOOP
        for (int64_t i = 0; i < n; i++)
            out[i] = g[i] * d1[i];
    } else if (kind == SWK_RELU || kind == SWK_LEAKY_RELU) {
        REAL left = kind == SWK_RELU ? R(0.0) : slope;
        SWK_LOOP
        for (int64_t i = 0; i < n; i++)
            out[i] = a[i] <= 0 ? left * g[i] : g[i];
    } else if (kind == SWK_TANH) {
        SWK_LOOP
        for (int64_t i = 0; i < n; i++)
            out[i] = g[i] * (R(1.0) - a[i] * a[i]);
    } else if (kind == SWK_SIGMOID) {
        SWK_LOOP
        for (int64_t i = 0; i < n; i++)
            out[i] = g[i] * (a[i] * (R(1.0) - a[i]));
    } else {
        REAL constant = kind == SWK_SIGN ? R(0.0) : R(1.0);
        SWK_LOOP
        for (int64_t i = 0; i < n; i++)
            out[i] = constant * g[i];
    }
}

SWK_CLONES void FN(swk_activation_backward)(int32_t kind, REAL slope, int64_t n, const REAL *a, const REAL *d1,
                                            const REAL *g, REAL *out)
{
    FN(backward_span)(kind, slope, n, a, d1, g, out);
}

SWK_CLONES void FN(swk_bias_activation_backward)(int32_t kind, REAL slope, int64_t rows, int64_t cols, const REAL *bias,
                                                 const REAL *a, const REAL *d1, const REAL *g, REAL *out)
{
    REAL sum[SPAN];
    SPANS s;
    FN(begin_spans)(&s, rows, cols, bias);
    while (FN(next_span)(&s)) {
        SWK_LOOP
        for (int64_t i = 0; i < s.count; i++)
            sum[i] = g[s.start + i] + s.bias[i];
        FN(backward_span)(kind, slope, s.count, a + s.start, d1 ? d1 + s.start : d1, sum, out + s.start);
    }
}
