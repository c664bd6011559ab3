/* The cases of elementwise_test.c for type T. */
struct F(arrays) {
    T x[48], y[48], a[48], b[48], out[48];
};

static void F(fill)(struct F(arrays) *v, uint64_t seed)
{
    for (int i = 0; i < 48; i++) {
        v->x[i] = (T)noise(&seed);
        v->y[i] = (T)noise(&seed);
        v->a[i] = (T)noise(&seed);
        v->b[i] = (T)noise(&seed);
        v->out[i] = 77;
    }
}

#define EACH(what, call, result, expected)                                                                             \
    for (int n = 0; n <= 35; n++) {                                                                                    \
        F(fill)(&v, 5), F(fill)(&o, 5);                                                                                \
        call;                                                                                                          \
        int good = 1;                                                                                                  \
        for (int i = 0; i < n; i++)                                                                                    \
            good &= close_to(v.result[i], expected, 2 * EPSILON);                                                      \
        for (int i = n; i < 48; i++)                                                                                   \
            good &= v.result[i] == o.result[i];                                                                        \
        check(good, what, TYPE, n);                                                                                    \
    }

static void F(simple)(void)
{
    struct F(arrays) v, o;
    const T s = (T)1.25, t = (T)-0.75;
    EACH("fill", F(swk_fill)(n, s, v.out), out, 1.25L)
    EACH("scale", F(swk_scale)(n, s, v.x), x, (long double)s * o.x[i])
    EACH("axpy", F(swk_axpy)(n, s, v.x, v.y), y, o.y[i] + (long double)s * o.x[i])
    EACH("axpy in place", F(swk_axpy)(n, s, v.y, v.y), y, o.y[i] + (long double)s * o.y[i])
    EACH("axpby", F(swk_axpby)(n, s, v.x, t, v.y), y, (long double)t * o.y[i] + (long double)s * o.x[i])
    EACH("add", F(swk_add)(n, v.x, v.y, v.out), out, (long double)o.x[i] + o.y[i])
    EACH("add onto y", F(swk_add)(n, v.x, v.y, v.y), y, (long double)o.x[i] + o.y[i])
    EACH("sub", F(swk_sub)(n, v.x, v.y, v.out), out, (long double)o.x[i] - o.y[i])
    EACH("sub onto x", F(swk_sub)(n, v.x, v.y, v.x), x, (long double)o.x[i] - o.y[i])
    EACH("mul", F(swk_mul)(n, v.x, v.y, v.out), out, (long double)o.x[i] * o.y[i])
    EACH("mul onto x", F(swk_mul)(n, v.x, v.y, v.x), x, (long double)o.x[i] * o.y[i])
    EACH("multiply_add", F(swk_multiply_add)(n, v.x, v.y, v.out), out, 77 + (long double)o.x[i] * o.y[i])
    EACH("product_sum", F(swk_product_sum)(n, v.a, v.x, v.b, v.y, v.out), out,
         (long double)o.a[i] * o.x[i] + (long double)o.b[i] * o.y[i])
    EACH("product_sum onto b", F(swk_product_sum)(n, v.a, v.x, v.b, v.y, v.b), b,
         (long double)o.a[i] * o.x[i] + (long double)o.b[i] * o.y[i])
}

static void F(reductions)(void)
{
    T x[1100], y[1100];
    uint64_t seed = 9;
    for (int i = 0; i < 1100; i++) {
        x[i] = (T)noise(&seed);
        y[i] = (T)noise(&seed);
    }
    for (int n = 0; n <= 1100; n += n < 35 ? 1 : 213) {
        long double sum = 0, dot = 0, squares = 0, largest = 0;
        for (int i = 0; i < n; i++) {
            sum += x[i];
            dot += (long double)x[i] * y[i];
            squares += (long double)x[i] * x[i];
            largest = fmaxl(largest, fabsl(x[i]));
        }
        check(close_to(F(swk_sum)(n, x), sum, 1e-14), "sum", TYPE, n);
        check(close_to(F(swk_dot)(n, x, y), dot, 1e-14), "dot", TYPE, n);
        check(close_to(F(swk_sum_squares)(n, x), squares, 1e-14), "sum_squares", TYPE, n);
        check(F(swk_max_abs)(n, x) == largest, "max_abs", TYPE, n);
        check(F(swk_all_finite)(n, x) && F(swk_first_nonfinite)(n, x) == -1, "all finite", TYPE, n);
        for (int bad = 0; bad < 3 && n > 0; bad++) {
            int at = n * (bad + 1) / 4;
            T kept = x[at];
            x[at] = bad == 0 ? (T)NAN : bad == 1 ? (T)INFINITY : -(T)INFINITY;
            check(!F(swk_all_finite)(n, x) && F(swk_first_nonfinite)(n, x) == at, "first_nonfinite", TYPE, n);
            check(bad || F(swk_max_abs)(n, x) <= largest, "max_abs passes over NaN", TYPE, n);
            x[at] = kept;
        }
    }
}

static void F(matrices)(void)
{
    const int widths[] = {1, 2, 3, 10, 31, 128, 129, 255, 256, 257, 600};
    for (int w = 0; w < 11; w++)
        for (int rows = 0; rows <= 70; rows += rows < 4 ? 1 : 33) {
            int cols = widths[w], good = 1;
            T *x = malloc((size_t)(rows * cols + 1) * sizeof *x), *y = malloc((size_t)(rows * cols + 1) * sizeof *y);
            T *bias = malloc((size_t)cols * sizeof *bias), *sum = malloc((size_t)cols * sizeof *sum);
            int64_t index[80];
            uint64_t seed = 3;
            for (int i = 0; i < rows * cols; i++)
                y[i] = x[i] = (T)noise(&seed);
            for (int j = 0; j < cols; j++)
                sum[j] = bias[j] = (T)j;
            x[rows * cols] = y[rows * cols] = 5;
            F(swk_add_bias)(rows, cols, bias, y);
            F(swk_column_sum)(rows, cols, x, sum);
            for (int j = 0; j < cols; j++) {
                long double expected = j;
                for (int i = 0; i < rows; i++) {
                    expected += x[i * cols + j];
                    good &= y[i * cols + j] == x[i * cols + j] + (T)j;
                }
                /* sixteen rows at a time are summed in T */
                good &= close_to(sum[j], expected, 16 * EPSILON + rows * 2.3e-16);
            }
            for (int i = 0; i < rows; i++)
                index[i] = (i * 7) % rows;
            F(swk_gather_rows)(rows, cols, x, index, y);
            for (int i = 0; i < rows * cols; i++)
                good &= y[i] == x[(i / cols * 7) % rows * cols + i % cols];
            check(good && y[rows * cols] == 5, "add_bias, column_sum, gather_rows", TYPE, rows * 1000 + cols);
            free(x), free(y), free(bias), free(sum);
        }
    uint8_t bytes[40];
    T out[40];
    for (int i = 0; i < 40; i++)
        bytes[i] = (uint8_t)(i * 6.5);
    F(swk_u8_to)(35, bytes, (T)0.5, out);
    int good = 1;
    for (int i = 0; i < 35; i++)
        good &= out[i] == (T)0.5 * bytes[i];
    check(good, "u8 conversion", TYPE, 35);
}

/* Derivatives against central differences of phi in long double; a, d1 and d2 in place of z by turns. */
static void F(activations)(void)
{
    enum { rows = 9, cols = 37, n = rows * cols };
    static T z[n], bias[cols], a[n], d1[n], d2[n], g[n], out[n], copy[n];
    uint64_t seed = 4;
    for (int i = 0; i < n; i++) {
        z[i] = (T)(3 * noise(&seed));
        g[i] = (T)noise(&seed);
    }
    for (int j = 0; j < cols; j++)
        bias[j] = (T)(j % 5 * 0.25);
    for (int32_t kind = 0; kind <= SWK_GELU_TANH; kind++) {
        const T slope = (T)0.1;
        F(swk_bias_activate)(kind, slope, rows, cols, bias, z, a, d1, d2);
        int values = 1, first = 1, second = 1, flat = 1;
        for (int i = 0; i < n; i++) {
            long double u = (T)(z[i] + bias[i % cols]), h = 1e-4L, s = slope;
            if (fabsl(u) < h)
                continue;
            long double up = phi(kind, s, u + h), middle = phi(kind, s, u), down = phi(kind, s, u - h);
            values &= close_to(a[i], middle, 4 * EPSILON);
            first &= close_to(d1[i], (up - down) / (2 * h), 3e-8 + 8 * EPSILON);
            second &= close_to(d2[i], (up - 2 * middle + down) / (h * h), 1e-7 + 8 * EPSILON);
            flat &= d2[i] == 0;
        }
        check(values, "activation value", TYPE, kind);
        check(first, "activation first derivative", TYPE, kind);
        check(second, "activation second derivative", TYPE, kind);
        check(flat == !swk_activation_curved(kind), "activation curved", TYPE, kind);
        for (int place = 0; place < 3; place++) {
            T other[n];
            memcpy(copy, z, sizeof z);
            F(swk_bias_activate)(kind, slope, rows, cols, bias, copy, place == 0 ? copy : other, place == 1 ? copy : NULL,
                                 place == 2 ? copy : NULL);
            check(!memcmp(copy, place == 0 ? a : place == 1 ? d1 : d2, sizeof copy), "activation in place", TYPE, kind);
        }
        F(swk_bias_activate)(kind, slope, rows, cols, bias, z, a, d1, NULL);
        for (int derived = 0; derived <= !swk_activation_needs_d1(kind); derived++) {
            int good = 1;
            memcpy(out, g, sizeof g);
            F(swk_activation_backward)(kind, slope, n, a, derived ? NULL : d1, out, out);
            for (int i = 0; i < n; i++)
                good &= close_to(out[i], (long double)g[i] * d1[i], 4 * EPSILON);
            check(good, "activation backward", TYPE, kind * 2 + derived);
        }
        for (int k = 1; k <= 35; k++) {
            F(swk_bias_activate)(kind, slope, 1, k, NULL, z, out, d1, d2);
            copy[k] = 5;
            F(swk_bias_activate)(kind, slope, k, 1, NULL, z, copy, NULL, NULL);
            check(!memcmp(out, copy, (size_t)k * sizeof *out) && copy[k] == 5, "activation remainder", TYPE, kind * 100 + k);
        }
    }
    T edge[5] = {0, (T)NAN, 200, -200, (T)1e30}, e1[5], e2[5], ea[5];
    F(swk_bias_activate)(SWK_RELU, 0, 1, 5, NULL, edge, ea, e1, e2);
    check(ea[0] == 0 && e1[0] == 0 && isnan(ea[1]) && ea[3] == 0, "relu edges", TYPE, 0);
    F(swk_bias_activate)(SWK_SOFTPLUS, 0, 1, 5, NULL, edge, ea, e1, e2);
    check(ea[2] == 200 && ea[3] >= 0 && ea[3] < 1e-80 && e1[2] == 1 && isnan(ea[1]), "softplus edges", TYPE, 0);
    F(swk_bias_activate)(SWK_ERF_SQRT2, 0, 1, 5, NULL, edge, ea, e1, e2);
    check(ea[0] == 0 && isnan(ea[1]) && ea[2] == 1 && ea[3] == -1 && e1[4] == 0 && e2[4] == 0, "erf_sqrt2 edges", TYPE, 0);
    F(swk_bias_activate)(SWK_GELU_TANH, 0, 1, 5, NULL, edge, ea, e1, e2);
    check(ea[0] == 0 && e1[0] == (T)0.5 && isnan(ea[1]) && isnan(e1[1]) && ea[2] == 200 && ea[3] == 0 && e1[2] == 1 &&
              e1[3] == 0 && ea[4] == edge[4] && e1[4] == 1 && e2[4] == 0, "gelu_tanh edges", TYPE, 0);
    F(swk_bias_activate)(SWK_SIGN, 0, 1, 5, NULL, edge, ea, e1, e2);
    check(ea[0] == 0 && ea[2] == 1 && ea[3] == -1 && e1[0] == 0, "sign edges", TYPE, 0);
}

static void F(softmax_losses)(void)
{
    const int shapes[][2] = {{1, 1}, {7, 2}, {33, 3}, {205, 10}, {9, 40}, {3, 1500}};
    for (int shape = 0; shape < 6; shape++)
        for (int scale = 1; scale <= 100; scale *= 10) {
            int rows = shapes[shape][0], cols = shapes[shape][1], n = rows * cols;
            T *z = malloc((size_t)n * sizeof *z), *p = malloc((size_t)n * sizeof *p), *grad = malloc((size_t)n * sizeof *p);
            T *dz = malloc((size_t)n * sizeof *dz), *out = malloc((size_t)n * sizeof *out);
            int32_t *labels = malloc((size_t)rows * sizeof *labels);
            uint64_t seed = 8;
            const T gamma = (T)1.5;
            for (int i = 0; i < n; i++) {
                z[i] = (T)(scale * floor(noise(&seed) * 8) / 8); /* with ties */
                dz[i] = (T)noise(&seed);
            }
            long double expected = 0;
            int64_t wrong = 0, errors;
            double loss;
            int good = 1, tangent = 1;
            for (int i = 0; i < rows; i++) {
                labels[i] = (i * 7 + 1) % cols;
                int best = 0;
                long double sum = 0;
                for (int j = 0; j < cols; j++)
                    best = z[i * cols + j] > z[i * cols + best] ? j : best;
                for (int j = 0; j < cols; j++)
                    sum += expl((long double)gamma * (z[i * cols + j] - z[i * cols + best]));
                expected += logl(sum) / gamma + (z[i * cols + best] - z[i * cols + labels[i]]);
                wrong += best != labels[i];
            }
            F(swk_cross_entropy)(rows, cols, z, labels, gamma, p, grad, &loss, &errors);
            check(close_to(loss, expected, 2 * EPSILON) && errors == wrong, "cross_entropy", TYPE, shape);
            F(swk_softmax_tangent_rows)(rows, cols, p, dz, 2, out);
            for (int i = 0; i < rows; i++) {
                long double sum = 0, dot = 0, top = -INFINITY;
                for (int j = 0; j < cols; j++) {
                    top = fmaxl(top, z[i * cols + j]);
                    dot += (long double)p[i * cols + j] * dz[i * cols + j];
                }
                for (int j = 0; j < cols; j++)
                    sum += expl(gamma * (z[i * cols + j] - top));
                for (int j = 0; j < cols; j++) {
                    int k = i * cols + j;
                    long double exact = expl(gamma * (z[k] - top)) / sum;
                    good &= close_to(p[k], exact, 4 * EPSILON) && grad[k] == p[k] - (j == labels[i]);
                    tangent &= close_to(out[k], 2 * (p[k] * (dz[k] - dot)), 4 * EPSILON);
                }
            }
            check(good, "cross_entropy p and grad", TYPE, shape);
            check(tangent, "softmax_tangent", TYPE, shape);
            double loss2, loss3;
            F(swk_cross_entropy)(rows, cols, z, labels, gamma, NULL, out, &loss2, NULL);
            F(swk_cross_entropy)(rows, cols, z, labels, gamma, NULL, NULL, &loss3, &errors);
            check(!memcmp(out, grad, (size_t)n * sizeof *out) && loss2 == loss && errors == wrong, "grad without p", TYPE, shape);
            check(close_to(loss3, loss, 1e-13), "loss alone", TYPE, shape);
            F(swk_cross_entropy)(rows, cols, z, labels, 1, p, NULL, &loss2, &errors);
            F(swk_softmax_rows)(rows, cols, z, z);
            check(!memcmp(z, p, (size_t)n * sizeof *p), "softmax in place", TYPE, shape);
            z[n / 2] = (T)NAN;
            F(swk_cross_entropy)(rows, cols, z, labels, 1, p, NULL, &loss2, &errors);
            check(isnan(loss2) && errors > 0, "cross_entropy NaN", TYPE, shape);
            free(z), free(p), free(grad), free(dz), free(out), free(labels);
        }
}

static void F(single_output_losses)(void)
{
    T f[1500], y[1500], d1[1500], d2[1500];
    uint64_t seed = 6;
    for (int i = 0; i < 1500; i++) {
        f[i] = (T)(i % 50 == 0 ? 60 * noise(&seed) : 3 * noise(&seed));
        y[i] = noise(&seed) > 0 ? 1 : -1;
    }
    f[3] = 0;
    for (int n = 0; n <= 1500; n += n < 35 ? 1 : 293)
        for (int32_t kind = SWK_LOSS_CROSS_ENTROPY; kind <= SWK_LOSS_LOGISTIC; kind++) {
            const T parameter = (T)0.75;
            long double sum = 0, k = kind == SWK_LOSS_CROSS_ENTROPY ? 2 * 0.75L : 1;
            int64_t wrong = 0, errors = -1;
            double loss = NAN, alone = NAN;
            int good = 1;
            F(swk_margin_loss)(kind, parameter, n, f, y, d1, d2, &loss, &errors);
            for (int i = 0; i < n; i++) {
                long double x = (long double)f[i] * y[i], sigma = 1 / (1 + expl(k * x));
                int inside = x < parameter, hinge = kind == SWK_LOSS_HINGE;
                sum += hinge ? fmaxl(0, parameter - x) : log1pl(expl(-k * x)) / k;
                good &= close_to(d1[i], hinge ? (inside ? -y[i] : 0) : -y[i] * sigma, 4 * EPSILON);
                good &= close_to(d2[i], hinge ? 0 : k * sigma * (1 - sigma), 4 * EPSILON);
                wrong += x <= 0;
            }
            F(swk_margin_loss)(kind, parameter, n, f, y, NULL, NULL, &alone, NULL);
            good &= close_to(loss, sum, 2 * EPSILON) && errors == wrong && alone == loss;
            check(good, "margin_loss", TYPE, n * 10 + kind);
        }
    for (int n = 0; n <= 1500; n += n < 35 ? 1 : 293) {
        long double sum = 0;
        double got, alone;
        for (int i = 0; i < n; i++)
            sum += 0.5L * ((long double)f[i] - y[i]) * ((long double)f[i] - y[i]);
        F(swk_squared_error)(n, f, y, d1, &got);
        F(swk_squared_error)(n, f, y, NULL, &alone);
        int good = close_to(got, sum, 2 * EPSILON) && alone == got;
        for (int i = 0; i < n; i++)
            good &= d1[i] == (T)(f[i] - y[i]);
        check(good, "squared_error", TYPE, n);
    }
}

static void F(optimizers)(void)
{
    struct F(arrays) v, o;
    const T lr = (T)0.1, momentum = (T)0.9, decay = (T)0.01;
    for (int n = 0; n <= 35; n++)
        for (int variant = 0; variant < 4; variant++) {
            F(fill)(&v, 5), F(fill)(&o, 5);
            int good = 1;
            if (variant < 3)
                F(swk_sgd_step)(n, lr, momentum, variant == 1, decay, v.y, variant == 2 ? NULL : v.a, v.x);
            else
                for (int i = 0; i < n; i++)
                    v.b[i] = (T)fabs((double)o.b[i]);
            if (variant == 3)
                F(swk_adam_step)(n, lr, momentum, (T)0.99, (T)1e-3, (T)0.19, (T)0.02, decay, v.y, v.a, v.b, v.x);
            for (int i = 0; i < n; i++) {
                long double g = o.y[i] + (long double)decay * o.x[i], step = g, velocity = (long double)momentum * o.a[i] + g;
                if (variant < 2) {
                    step = variant ? g + momentum * velocity : velocity;
                    good &= close_to(v.a[i], velocity, 4 * EPSILON);
                } else if (variant == 3) {
                    long double m = (long double)momentum * o.a[i] + (1 - (long double)momentum) * g;
                    long double s = (long double)(T)0.99 * fabsl(o.b[i]) + (1 - (long double)(T)0.99) * g * g;
                    good &= close_to(v.a[i], m, 4 * EPSILON) && close_to(v.b[i], s, 4 * EPSILON);
                    step = m / (T)0.19 / (sqrtl(s / (T)0.02) + (T)1e-3);
                }
                good &= close_to(v.x[i], o.x[i] - lr * step, 8 * EPSILON);
            }
            check(good && v.x[n] == o.x[n], "optimiser step", TYPE, n * 10 + variant);
        }
}

/* Steps that divide by a root of squares, and damped momentum; b holds squares, out the largest of them or a mean. */
static void F(adaptive_steps)(void)
{
    struct F(arrays) v, o;
    const T lr = (T)0.1, momentum = (T)0.9, decay = (T)0.01, alpha = (T)0.75, eps = (T)1e-3, gain = (T)0.5;
    for (int n = 0; n <= 35; n++)
        for (int variant = 0; variant < 6; variant++) {
            F(fill)(&v, 5), F(fill)(&o, 5);
            for (int i = 0; i < 48; i++) {
                v.b[i] = o.b[i] = (T)fabs((double)o.b[i]);
                v.out[i] = o.out[i] = (T)0.3;
            }
            if (variant == 0)
                F(swk_damped_step)(n, lr, momentum, gain, decay, v.y, v.a, v.x);
            else if (variant == 1)
                F(swk_amsgrad_step)(n, lr, momentum, alpha, eps, (T)0.19, (T)0.02, decay, v.y, v.a, v.b, v.out, v.x);
            else if (variant == 5)
                F(swk_adagrad_step)(n, lr, eps, decay, v.y, v.b, v.x);
            else
                F(swk_rmsprop_step)(n, lr, alpha, eps, momentum, decay, v.y, v.b, variant == 3 ? v.out : NULL,
                                    variant == 4 ? v.a : NULL, v.x);
            int good = 1;
            for (int i = 0; i < n; i++) {
                long double g = o.y[i] + (long double)decay * o.x[i], step;
                long double squares = (long double)alpha * o.b[i] + (1 - (long double)alpha) * g * g;
                if (variant == 0) {
                    step = (long double)momentum * o.a[i] + gain * g;
                    good &= close_to(v.a[i], step, 4 * EPSILON);
                } else if (variant == 1) {
                    long double m = (long double)momentum * o.a[i] + (1 - (long double)momentum) * g;
                    long double peak = squares > o.out[i] ? squares : o.out[i];
                    good &= close_to(v.b[i], squares, 4 * EPSILON) && close_to(v.out[i], peak, 4 * EPSILON);
                    step = m / (T)0.19 / (sqrtl(peak / (T)0.02) + eps);
                } else if (variant == 5) {
                    squares = o.b[i] + g * g;
                    good &= close_to(v.b[i], squares, 4 * EPSILON);
                    step = g / (sqrtl(squares) + eps);
                } else {
                    if (variant == 3) {
                        long double gap = g - o.out[i];
                        squares = (long double)alpha * o.b[i] + (long double)alpha * (1 - (long double)alpha) * gap * gap;
                        good &= close_to(v.out[i], o.out[i] + (1 - (long double)alpha) * gap, 4 * EPSILON);
                    }
                    good &= close_to(v.b[i], squares, 6 * EPSILON);
                    step = g / (sqrtl(squares) + eps) + (variant == 4 ? (long double)momentum * o.a[i] : 0);
                }
                good &= close_to(v.x[i], o.x[i] - lr * step, 12 * EPSILON);
            }
            check(good && v.x[n] == o.x[n], "adaptive step", TYPE, n * 10 + variant);
        }
    /* A square beyond the range leaves a step behind that is not 0. */
    T huge = sizeof(T) == 4 ? (T)1e30 : (T)1e300, square = 0, mean = 0, x = 1;
    F(swk_adam_step)(1, lr, momentum, alpha, eps, 1, 1, 0, &huge, &mean, &square, &x);
    check(isfinite(square) && x < 1 && isfinite(x), "bounded square", TYPE, 1);
}

static void F(run)(void)
{
    F(simple)();
    F(reductions)();
    F(matrices)();
    F(activations)();
    F(softmax_losses)();
    F(single_output_losses)();
    F(optimizers)();
    F(adaptive_steps)();
}

#undef EACH
