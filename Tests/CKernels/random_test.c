/* Random numbers: published Philox vectors, independence of how ranges are split, exact counts, moments and tails.
 * Build: cc -O2 -I Sources/CSwaleKernels/include -I Sources/CSwaleKernels random_test.c <kernels>/random.c -lm */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "philox.h"
#include "random.h"

static int passed, failed;

static void check(int good, const char *what, double value)
{
    good ? passed++ : failed++;
    if (!good)
        printf("FAILED %s: %.17g\n", what, value);
}

/* kat_vectors of Random123 for philox4x32, 10 rounds. */
static void known_answers(void)
{
    static const struct {
        uint64_t block, stream, seed;
        uint32_t word[4];
    } kat[] = {
        {0, 0, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0), {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {0x85a308d3243f6a88, 0x0370734413198a2e, 0x299f31d0a4093822, {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (int i = 0; i < 3; i++) {
        uint32_t word[4];
        swk_philox_block(kat[i].seed, kat[i].stream, kat[i].block, word);
        check(!memcmp(word, kat[i].word, sizeof word), "Philox known answer", i);
        swk_philox_batch batch;
        swk_philox_fill(kat[i].seed, kat[i].stream, kat[i].block - 5, 8, &batch);
        for (int w = 0; w < 4; w++)
            check(batch.word[w][5] == kat[i].word[w], "Philox known answer in a batch", i);
    }
    uint32_t first[4];
    swk_random_u32(0, 0, 0, 4, first);
    check(!memcmp(first, kat[0].word, sizeof first), "random_u32 known answer", first[0]);
}

/* Every split of a range, at every offset within a block, gives the values of one call, and nothing more is written. */
#define SPLITS(T, what, call)                                                                                          \
    do {                                                                                                               \
        static T whole[2000], out[2000];                                                                               \
        int good = 1;                                                                                                  \
        int64_t n = 2000;                                                                                              \
        uint64_t position = 0;                                                                                         \
        T *to = whole;                                                                                                 \
        call;                                                                                                          \
        for (position = 0; position < 150; position++)                                                                 \
            for (n = 0; n <= 35; n++) {                                                                                \
                to = out;                                                                                              \
                memset(out, 0x55, sizeof out);                                                                         \
                T guard = out[n];                                                                                      \
                call;                                                                                                  \
                good &= !memcmp(out, whole + position, (size_t)n * sizeof(T)) && !memcmp(&guard, out + n, sizeof(T));  \
            }                                                                                                          \
        n = 1700, position = 250, to = out;                                                                            \
        call;                                                                                                          \
        good &= !memcmp(out, whole + 250, 1700 * sizeof(T));                                                           \
        check(good, what, 0);                                                                                          \
    } while (0)

static void splits(void)
{
    const uint64_t seed = 0x123456789abcdef0, stream = 42;
    SPLITS(uint32_t, "u32 splits", swk_random_u32(seed, stream, position, n, to));
    SPLITS(float, "uniform f32 splits", swk_random_uniform_f32(seed, stream, position, n, -1, 3, to));
    SPLITS(double, "uniform f64 splits", swk_random_uniform_f64(seed, stream, position, n, -1, 3, to));
    SPLITS(float, "normal f32 splits", swk_random_normal_f32(seed, stream, position, n, 1, 2, to));
    SPLITS(double, "normal f64 splits", swk_random_normal_f64(seed, stream, position, n, 1, 2, to));
    SPLITS(float, "signs f32 splits", swk_random_signs_f32(seed, stream, position, n, to));
    SPLITS(double, "signs f64 splits", swk_random_signs_f64(seed, stream, position, n, to));
}

/* The definitions of the header, from single blocks and libm. */
static void definitions(void)
{
    enum { n = 5000 };
    static double uniform[n], normal[n], signs[n];
    static float uniform32[n], normal32[n];
    const double turn = 6.283185307179586;
    swk_random_uniform_f64(7, 8, 0, n, 0, 1, uniform);
    swk_random_normal_f64(7, 8, 0, n, 0, 1, normal);
    swk_random_signs_f64(7, 8, 0, n, signs);
    swk_random_uniform_f32(7, 8, 0, n, 0, 1, uniform32);
    swk_random_normal_f32(7, 8, 0, n, 0, 1, normal32);
    int exact = 1, gauss = 1, gauss32 = 1, sign = 1;
    for (int i = 0; i < n; i++) {
        uint32_t w[4], v[4], s[4];
        swk_philox_block(7, 8, (uint64_t)i / 2, w);
        swk_philox_block(7, 8, (uint64_t)i / 4, v);
        swk_philox_block(7, 8, (uint64_t)i / 128, s);
        uint64_t a = (uint64_t)w[0] << 32 | w[1], b = (uint64_t)w[2] << 32 | w[3];
        exact &= uniform[i] == (double)((i % 2 ? b : a) >> 11) * 0x1p-53 && uniform32[i] == (float)(v[i % 4] >> 8) * 0x1p-24f;
        sign &= signs[i] == ((s[i / 32 % 4] >> (i % 32) & 1) ? -1 : 1);
        double radius = sqrt(-2 * log(((double)(a >> 12) + 0.5) * 0x1p-52)), angle = turn * (double)(b >> 12) * 0x1p-52;
        gauss &= fabs(normal[i] - radius * (i % 2 ? sin(angle) : cos(angle))) < 4e-15;
        int pair = i % 4 / 2 * 2;
        radius = sqrt(-2 * log(((double)(v[pair] >> 1) + 0.5) * 0x1p-31)), angle = turn * (v[pair + 1] >> 8) * 0x1p-24;
        gauss32 &= fabs(normal32[i] - radius * (i % 2 ? sin(angle) : cos(angle))) < 3e-6;
    }
    check(exact, "uniform definition", 0);
    check(sign, "sign definition", 0);
    check(gauss, "normal f64 definition", 0);
    check(gauss32, "normal f32 definition", 0);
}

/* Six standard errors; the seeds are fixed, so that a pass stays a pass. */
static void moments(void)
{
    enum { n = 1 << 20 };
    double *x = malloc(n * sizeof *x), m[5] = {0}, lag = 0, beyond = 0;
    float *x32 = malloc(n * sizeof *x32);
    swk_random_normal_f64(11, 3, 0, n, 0, 1, x);
    swk_random_normal_f32(11, 4, 0, n, 0, 1, x32);
    for (int type = 0; type < 2; type++) {
        memset(m, 0, sizeof m), lag = 0, beyond = 0;
        for (int i = 0; i < n; i++) {
            double y = type ? x32[i] : x[i], power = 1;
            for (int k = 1; k <= 4; k++)
                m[k] += (power *= y) / n;
            lag += i ? y * (type ? x32[i - 1] : x[i - 1]) / n : 0;
            beyond += fabs(y) > 3;
        }
        double error = 6 / sqrt(n);
        check(fabs(m[1]) < error, "normal mean", m[1]);
        check(fabs(m[2] - 1) < error * sqrt(2), "normal variance", m[2]);
        check(fabs(m[3]) < error * sqrt(15), "normal skewness", m[3]);
        check(fabs(m[4] - 3) < error * sqrt(96), "normal kurtosis", m[4]);
        check(fabs(lag) < error, "normal lag", lag);
        check(fabs(beyond / n - 0.0026997960633) < error * sqrt(0.0027), "normal tail", beyond / n);
    }
    swk_random_uniform_f64(11, 5, 0, n, 2, 5, x);
    double mean = 0, low = 9, high = 0;
    for (int i = 0; i < n; i++) {
        mean += x[i] / n;
        low = fmin(low, x[i]);
        high = fmax(high, x[i]);
    }
    check(fabs(mean - 3.5) < 6 * 3 / sqrt(12.0 * n), "uniform mean", mean);
    check(low >= 2 && low < 2.0001 && high < 5 && high > 4.9999, "uniform range", low);
    /* Rounding would reach hi in one of two draws here. */
    float tight[64];
    swk_random_uniform_f32(1, 1, 0, 64, 1, nextafterf(1, 2), tight);
    int inside = 1;
    for (int i = 0; i < 64; i++)
        inside &= tight[i] == 1;
    check(inside, "uniform stays below hi", 0);
    swk_random_uniform_f32(1, 1, 0, 64, 2, 2, tight);
    check(tight[0] == 2 && tight[63] == 2, "empty uniform range", tight[0]);
    free(x), free(x32);
}

static void integers(void)
{
    enum { n = 70000 };
    const uint64_t bounds[] = {1, 2, 3, 7, 1000, UINT64_C(1) << 63, (UINT64_C(1) << 63) + 1, ~UINT64_C(0)};
    for (int b = 0; b < 8; b++) {
        double mean = 0;
        int below = 1;
        for (uint64_t i = 0; i < n; i++) {
            uint64_t k = swk_random_below(5, 6, i, bounds[b]);
            below &= k < bounds[b];
            mean += (double)k / (double)bounds[b] / n;
        }
        double expected = 0.5 - 0.5 / (double)bounds[b];
        check(below && fabs(mean - expected) < 6 / sqrt(12.0 * n), "random_below", mean);
    }
    check(swk_random_below(5, 6, 7, 0) == 0, "random_below 0", 0);
    check(swk_random_below(5, 6, 7, 1000) == swk_random_below(5, 6, 7, 1000), "random_below repeats", 0);

    int64_t *order = malloc(n * sizeof *order), counts[24] = {0};
    char *seen = calloc(n, 1);
    for (int64_t size = 0; size <= n; size += size < 200 ? 1 : 34900) {
        memset(seen, 0, n);
        int good = 1;
        swk_random_permutation(1, 2, size, order);
        for (int64_t i = 0; i < size; i++)
            good &= order[i] >= 0 && order[i] < size && !seen[order[i]]++;
        check(good, "permutation", (double)size);
    }
    for (uint64_t stream = 0; stream < 24000; stream++) {
        swk_random_permutation(3, stream, 4, order);
        int rank = 0;
        for (int i = 0; i < 4; i++) {
            int smaller = 0;
            for (int j = i + 1; j < 4; j++)
                smaller += order[j] < order[i];
            rank = rank * (4 - i) + smaller;
        }
        counts[rank]++;
    }
    double chi = 0;
    for (int i = 0; i < 24; i++)
        chi += (double)((counts[i] - 1000) * (counts[i] - 1000)) / 1000;
    check(chi < 23 + 5 * sqrt(46), "all 24 permutations of 4 equally often", chi);
    free(order), free(seen);
}

/* The sum of all bits written, recorded once: it must be the same on every machine and compiler. */
static uint64_t digest(const void *data, size_t bytes, uint64_t hash)
{
    const unsigned char *p = data;
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static void bits(void)
{
    enum { n = 100003 };
    static double x[n];
    static float y[n];
    swk_random_normal_f64(2026, 1, 5, n, 0.5, 1.5, x);
    swk_random_normal_f32(2026, 1, 5, n, 0.5f, 1.5f, y);
    uint64_t hash = digest(y, sizeof y, digest(x, sizeof x, UINT64_C(0xcbf29ce484222325)));
    swk_random_uniform_f64(2026, 1, 5, n, -0.3, 0.7, x);
    swk_random_uniform_f32(2026, 1, 5, n, -0.3f, 0.7f, y);
    hash = digest(y, sizeof y, digest(x, sizeof x, hash));
    check(hash == UINT64_C(0xe71e5753e8421e07), "recorded bits", 0);
    if (hash != UINT64_C(0xe71e5753e8421e07))
        printf("digest %016llx\n", (unsigned long long)hash);
}

int main(void)
{
    known_answers();
    splits();
    definitions();
    moments();
    integers();
    bits();
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
