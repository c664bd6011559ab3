/* Accuracy of vector_math.h against the mpmath table, of f32 against f64, special values, and remainders.
 * Build: cc -O2 -I Sources/CSwaleKernels/include vector_math_test.c <kernels>/vector_math.c -lm */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vector_math.h"

struct point {
    double x, y, rest;
};

#include "vector_math_table.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))

typedef void map_f64(int64_t n, const double *x, double *y);
typedef void map_f32(int64_t n, const float *x, float *y);

static int passed, failed;

static void check(int good, const char *what, const char *name, double value)
{
    good ? passed++ : failed++;
    if (!good)
        printf("FAILED %s %s: %.17g\n", name, what, value);
}

static double unit_f64(double y) { return y == 0 ? 0x1p-1074 : ldexp(1, (ilogb(y) < -1022 ? -1022 : ilogb(y)) - 52); }
static double unit_f32(double y) { return y == 0 ? 0x1p-149 : ldexp(1, (ilogb(y) < -126 ? -126 : ilogb(y)) - 23); }

static void sin_f64(int64_t n, const double *x, double *y)
{
    double *c = malloc((size_t)n * sizeof *c);
    swk_vsincos_f64(n, x, y, c);
    free(c);
}

static void cos_f64(int64_t n, const double *x, double *y)
{
    double *s = malloc((size_t)n * sizeof *s);
    swk_vsincos_f64(n, x, s, y);
    free(s);
}

static void sin_f32(int64_t n, const float *x, float *y)
{
    float *c = malloc((size_t)n * sizeof *c);
    swk_vsincos_f32(n, x, y, c);
    free(c);
}

static void cos_f32(int64_t n, const float *x, float *y)
{
    float *s = malloc((size_t)n * sizeof *s);
    swk_vsincos_f32(n, x, s, y);
    free(s);
}

struct function {
    const char *name;
    map_f64 *f64;
    map_f32 *f32;
    const struct point *points;
    int count;
    double ulp_f64, ulp_f32; /* the bounds stated in vector_math.h */
    double low, high;        /* arguments of the f32 comparison */
};

#define TABLED(name, ulp64, ulp32, low, high)                                                                          \
    {#name, swk_v##name##_f64, swk_v##name##_f32, name##_points, COUNT(name##_points), ulp64, ulp32, low, high}

static const struct function functions[] = {
    TABLED(exp, 2, 2, -104, 88.7),
    TABLED(log, 2, 2, 1e-40, 100),
    TABLED(expm1, 2.5, 2.5, -20, 88.7),
    TABLED(log1p, 2, 2, -0.99, 100),
    TABLED(tanh, 2.5, 2.5, -12, 12),
    TABLED(sigmoid, 2.5, 2.5, -104, 40),
    TABLED(softplus, 2.5, 2.5, -104, 40),
    TABLED(erf, 2, 2, -5, 5),
    TABLED(erfc, 4, 2, -5, 10),
    TABLED(log_ndtrc, 4, 2, -14, 40),
    TABLED(inverse_mills, 5, 2, -14, 40),
    {"sin", sin_f64, sin_f32, sin_points, COUNT(sin_points), 2, 2, -25, 25},
    {"cos", cos_f64, cos_f32, cos_points, COUNT(cos_points), 2, 2, -25, 25},
};

static void accuracy(const struct function *f)
{
    double worst = 0, at = 0;
    for (int i = 0; i < f->count; i++) {
        struct point p = f->points[i];
        double y;
        f->f64(1, &p.x, &y);
        double error = fabs((y - p.y) - p.rest) / unit_f64(p.y);
        if (!(error <= worst))
            worst = error, at = p.x;
    }
    check(worst <= f->ulp_f64, "f64 ulp", f->name, worst);
    double worst32 = 0, at32 = 0;
    enum { n = 200000 };
    float *x = malloc(n * sizeof *x), *y = malloc(n * sizeof *y);
    double *wide = malloc(n * sizeof *wide), *exact = malloc(n * sizeof *exact);
    for (int i = 0; i < n; i++) {
        double scale = i % 4 == 0 ? 1 : i % 4 == 1 ? 0.1 : i % 4 == 2 ? 0.01 : 1e-6;
        x[i] = (float)(scale * (f->low + (f->high - f->low) * i / n));
        wide[i] = x[i];
    }
    f->f32(n, x, y);
    f->f64(n, wide, exact);
    for (int i = 0; i < n; i++) {
        double error = fabs(y[i] - exact[i]) / unit_f32(exact[i]);
        if (!(error <= worst32))
            worst32 = error, at32 = x[i];
    }
    check(worst32 <= f->ulp_f32, "f32 ulp", f->name, worst32);
    printf("%-14s f64 %5.2f ulp at %-12.5g f32 %5.2f ulp at %.7g\n", f->name, worst, at, worst32, at32);
    free(x), free(y), free(wide), free(exact);
}

/* Every length gives the same values, in place or not, and writes nothing beyond. */
static void remainders(const struct function *f)
{
    double x[40], whole[40], y[40];
    float x32[40], whole32[40], y32[40];
    for (int i = 0; i < 40; i++)
        x32[i] = (float)(x[i] = f->low / 9 + (f->high - f->low) / 9 * i / 40);
    f->f64(40, x, whole);
    f->f32(40, x32, whole32);
    int good = 1;
    for (int n = 0; n <= 35; n++) {
        memcpy(y, x, sizeof y);
        memcpy(y32, x32, sizeof y32);
        f->f64(n, y, y);
        f->f32(n, y32, y32);
        good &= !memcmp(y, whole, (size_t)n * sizeof *y) && !memcmp(y + n, x + n, (size_t)(40 - n) * sizeof *y);
        good &= !memcmp(y32, whole32, (size_t)n * sizeof *y32) && !memcmp(y32 + n, x32 + n, (size_t)(40 - n) * sizeof *y32);
    }
    check(good, "remainders and aliasing", f->name, 0);
}

static void special(const char *name, map_f64 *f64, map_f32 *f32, double x, double expected)
{
    double y;
    float x32 = (float)x, y32;
    f64(1, &x, &y);
    f32(1, &x32, &y32);
    int good = isnan(expected) ? isnan(y) : y == expected && signbit(y) == signbit(expected);
    int good32 = isnan(expected) ? isnan(y32) : y32 == (float)expected && !signbit(y32) == !signbit(expected);
    check(good, "special value f64", name, x);
    check(good32, "special value f32", name, x);
}

#define SPECIAL(name, x, y) special(#name, swk_v##name##_f64, swk_v##name##_f32, x, y)

static void specials(void)
{
    for (int i = 0; i < COUNT(functions); i++)
        if (functions[i].points != sin_points && functions[i].points != cos_points)
            special(functions[i].name, functions[i].f64, functions[i].f32, NAN, NAN);
    SPECIAL(exp, INFINITY, INFINITY);
    SPECIAL(exp, 1000, INFINITY);
    SPECIAL(exp, -INFINITY, 0);
    SPECIAL(exp, -1000, 0);
    SPECIAL(exp, 0, 1);
    SPECIAL(log, 0, -INFINITY);
    SPECIAL(log, -0.0, -INFINITY);
    SPECIAL(log, -1, NAN);
    SPECIAL(log, -INFINITY, NAN);
    SPECIAL(log, INFINITY, INFINITY);
    SPECIAL(log, 1, 0);
    SPECIAL(expm1, INFINITY, INFINITY);
    SPECIAL(expm1, -INFINITY, -1);
    SPECIAL(expm1, -0.0, -0.0);
    SPECIAL(log1p, -1, -INFINITY);
    SPECIAL(log1p, -2, NAN);
    SPECIAL(log1p, INFINITY, INFINITY);
    SPECIAL(log1p, -0.0, -0.0);
    SPECIAL(tanh, INFINITY, 1);
    SPECIAL(tanh, -INFINITY, -1);
    SPECIAL(tanh, -0.0, -0.0);
    SPECIAL(sigmoid, INFINITY, 1);
    SPECIAL(sigmoid, -INFINITY, 0);
    SPECIAL(sigmoid, 0, 0.5);
    SPECIAL(softplus, INFINITY, INFINITY);
    SPECIAL(softplus, -INFINITY, 0);
    SPECIAL(erf, INFINITY, 1);
    SPECIAL(erf, -INFINITY, -1);
    SPECIAL(erf, -0.0, -0.0);
    SPECIAL(erfc, INFINITY, 0);
    SPECIAL(erfc, -INFINITY, 2);
    SPECIAL(erfc, 0, 1);
    SPECIAL(log_ndtrc, INFINITY, -INFINITY);
    SPECIAL(log_ndtrc, -INFINITY, -0.0);
    SPECIAL(inverse_mills, INFINITY, INFINITY);
    SPECIAL(inverse_mills, -INFINITY, 0);
}

/* Values printed to twelve decimals, from the replica literature's use of ln H and G / H. */
static void known(void)
{
    const double x[] = {0, 5, 40}, expected[] = {-0.693147180560, -15.064998393989, -804.608442013754};
    double y[3], r;
    swk_vlog_ndtrc_f64(3, x, y);
    for (int i = 0; i < 3; i++)
        check(fabs(y[i] - expected[i]) < 1e-12, "known value", "log_ndtrc", y[i]);
    swk_vinverse_mills_f64(1, x + 2, &r);
    check(fabs(r - 40.024968847207264) < 1e-13, "known value", "inverse_mills", r);
}

int main(void)
{
    for (int i = 0; i < COUNT(functions); i++) {
        accuracy(&functions[i]);
        remainders(&functions[i]);
    }
    specials();
    known();
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
