/* Elementwise kernels, activations, rows and optimisers against plain loops in long double.
 * Build: cc -O2 -I Sources/CSwaleKernels/include elementwise_test.c
 *        <kernels>/{elementwise,activations,rows,optimizers}.c -lm */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "activations.h"
#include "elementwise.h"
#include "optimizers.h"
#include "rows.h"

static int passed, failed;

static void check(int good, const char *what, const char *type, int64_t n)
{
    good ? passed++ : failed++;
    if (!good)
        printf("FAILED %s %s at %lld\n", what, type, (long long)n);
}

static int close_to(double got, long double expected, double tolerance)
{
    return fabsl(got - expected) <= tolerance * (1 + fabsl(expected));
}

static double noise(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(int64_t)(*state) * 0x1p-62;
}

static long double phi(int32_t kind, long double slope, long double u)
{
    switch (kind) {
    case SWK_RELU: return u > 0 ? u : 0;
    case SWK_LEAKY_RELU: return u > 0 ? u : slope * u;
    case SWK_TANH: return tanhl(u);
    case SWK_SIGMOID: return 1 / (1 + expl(-u));
    case SWK_ERF: return erfl(u);
    case SWK_GELU: return u * erfcl(-u / sqrtl(2)) / 2;
    case SWK_SOFTPLUS: return u > 0 ? u + log1pl(expl(-u)) : log1pl(expl(u));
    case SWK_SILU: return u / (1 + expl(-u));
    case SWK_SIGN: return (u > 0) - (u < 0);
    case SWK_SQUARE: return u * u;
    case SWK_ERF_SQRT2: return erfl(u / sqrtl(2));
    case SWK_GELU_TANH: return u / 2 * (1 + tanhl(sqrtl(2 / acosl(-1)) * (u + 0.044715L * u * u * u)));
    default: return u;
    }
}

#define T float
#define F(name) name##_f32
#define TYPE "f32"
#define EPSILON 1.2e-7
#include "elementwise_cases.h"
#undef T
#undef F
#undef TYPE
#undef EPSILON

#define T double
#define F(name) name##_f64
#define TYPE "f64"
#define EPSILON 2.3e-16
#include "elementwise_cases.h"

static void conversions(void)
{
    double wide[40], back[40];
    float narrow[40], out[40];
    int32_t numbers[40], picked[40];
    int64_t index[40];
    int good = 1;
    for (int i = 0; i < 40; i++) {
        wide[i] = i * 1.1 - 20;
        narrow[i] = (float)wide[i];
        numbers[i] = i * i;
        index[i] = 39 - i;
    }
    for (int n = 0; n <= 35; n++) {
        memset(out, 0, sizeof out), memset(back, 0, sizeof back), memset(picked, 0, sizeof picked);
        swk_f64_to_f32(n, wide, out);
        swk_f32_to_f64(n, narrow, back);
        swk_gather_i32(n, numbers, index, picked);
        for (int i = 0; i < 40; i++) {
            good &= out[i] == (i < n ? narrow[i] : 0) && back[i] == (i < n ? (double)narrow[i] : 0);
            good &= picked[i] == (i < n ? numbers[39 - i] : 0);
        }
    }
    check(good, "conversions", "both", 35);
}

int main(void)
{
    run_f32();
    run_f64();
    conversions();
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
