/* Sign bits, fields and flips of devices against plain loops over signs.
 * Build: cc -O2 -I Sources/CSwaleKernels/include bits_test.c <kernels>/{bits,flips}.c -lm */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "flips.h"

static int passed, failed;

static void check(int good, const char *what, int64_t n)
{
    good ? passed++ : failed++;
    if (!good)
        printf("FAILED %s at %lld\n", what, (long long)n);
}

static uint64_t state = 1;

static uint64_t draw(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return state >> 33;
}

enum { MOST = 130, ROWS = 70, STRIDE = 3 };

/* Packing, unpacking from any bit, copies between bits, fields and transposes, for every width up to MOST. */
static void test_bits(int64_t n)
{
    static double x[ROWS][MOST], y[MOST], above[MOST];
    static float narrow[MOST], z[MOST];
    uint64_t bits[ROWS][STRIDE], weights[STRIDE], other[STRIDE], columns[MOST][2];
    double w[MOST];
    for (int64_t i = 0; i < n; i++) {
        w[i] = draw() & 1 ? 0.5 : -2;
        for (int p = 0; p < ROWS; p++)
            x[p][i] = draw() & 1 ? 1 : -1;
    }
    w[0] = n % 2 ? 0.0 : w[0]; /* 0 is +1 */
    memset(bits, 0xff, sizeof bits);
    for (int p = 0; p < ROWS; p++)
        swk_pack_signs_f64(n, x[p], bits[p]);
    swk_pack_signs_f64(n, w, weights);
    for (int64_t i = 0; i < n; i++)
        narrow[i] = (float)w[i];
    swk_pack_signs_f32(n, narrow, other);
    check(memcmp(weights, other, (size_t)(n + 63) / 64 * 8) == 0, "pack f32", n);
    check(n % 64 == 0 || weights[n / 64] >> (n % 64) == 0, "padding", n);

    for (int64_t first = 0; first < n; first += 1 + n / 9) {
        int64_t count = n - first;
        swk_unpack_signs_f64(first, count, bits[3], y);
        swk_unpack_signs_f32(first, count, bits[3], z);
        int good = 1;
        for (int64_t i = 0; i < count; i++)
            good &= y[i] == x[3][first + i] && z[i] == (float)x[3][first + i];
        check(good, "unpack", n);
        swk_copy_bits(first, count, bits[3], other);
        swk_pack_signs_f64(count, x[3] + first, weights);
        check(memcmp(weights, other, (size_t)(count + 63) / 64 * 8) == 0, "copy", n);
    }
    swk_pack_signs_f64(n, w, weights);

    check(swk_first_other_f64(n, x[5]) == -1, "signs only", n);
    x[5][n - 1] = 0.5;
    check(swk_first_other_f64(n, x[5]) == n - 1, "first other", n);
    x[5][n - 1] = (bits[5][(n - 1) / 64] >> ((n - 1) % 64) & 1) ? 1 : -1;

    for (int64_t i = 0; i < n; i++)
        above[i] = (double)(draw() % 3) - 1;
    swk_pack_above_f64(n, w, above, other);
    int good = 1;
    for (int64_t i = 0; i < n; i++)
        good &= (int)(other[i / 64] >> (i % 64) & 1) == (w[i] > above[i]);
    check(good, "above", n);

    int32_t h[ROWS];
    double scaled[ROWS];
    swk_bit_fields(ROWS, n, bits[0], STRIDE, weights, h);
    swk_divide_fields_f64(ROWS, h, 3, scaled);
    good = 1;
    for (int p = 0; p < ROWS; p++) {
        int32_t sum = 0;
        for (int64_t i = 0; i < n; i++)
            sum += (int32_t)x[p][i] * (w[i] < 0 ? -1 : 1);
        good &= h[p] == sum && scaled[p] == sum / 3.0;
    }
    check(good, "fields", n);

    memset(columns, 0xff, sizeof columns);
    swk_transpose_bits(ROWS, n, bits[0], STRIDE, columns[0], 2);
    good = 1;
    for (int64_t i = 0; i < n; i++) {
        for (int p = 0; p < ROWS; p++)
            good &= (int)(columns[i][p / 64] >> (p % 64) & 1) == (x[p][i] > 0);
        good &= columns[i][1] >> (ROWS - 64) == 0;
    }
    check(good, "transpose", n);
}

enum { UNITS = 4, FAN_IN = 9, LANES = 128 };

static int sign_of(int h) { return (h > 0) - (h < 0); }

static int plain_output(int kind, int units, const int *h, int label)
{
    int sum = kind == SWK_DEVICE_PARITY ? 1 : 0;
    for (int k = 0; k < units; k++) {
        int c = kind == SWK_DEVICE_SIGN || k < units / 2 ? 1 : -1;
        if (kind == SWK_DEVICE_PERCEPTRON)
            sum += h[k];
        else if (kind == SWK_DEVICE_SIGN)
            sum += sign_of(h[k]);
        else if (kind == SWK_DEVICE_RELU)
            sum += c * (h[k] > 0 ? h[k] : 0);
        else if (kind == SWK_DEVICE_QUADRATIC)
            sum += c * h[k] * h[k];
        else
            sum *= sign_of(h[k]);
    }
    return label * sum;
}

/* Counts and tabulated energies of full machines along a random walk, against the definition. */
static void test_flips(int kind, int units)
{
    uint64_t columns[FAN_IN][2] = {{0}};
    int inputs[ROWS][FAN_IN], spins[UNITS][FAN_IN];
    int32_t labels[LANES] = {0}, signs[UNITS], fields[UNITS * LANES] = {0}, s[LANES];
    int32_t fields2[UNITS * LANES], s2[LANES];
    uint64_t up[UNITS * 2], down[UNITS * 2], wrong[2];
    static double table[4096], pairs[4096], halved[2048];
    double even[UNITS * LANES], odd[UNITS * LANES], total[UNITS];
    for (int e = 0; e < 4096; e++)
        table[e] = sin(e);
    /* Fields of a perceptron of odd size are odd: entry e of its table is S = 2 e - 2047. */
    for (int e = 1; e < 2047; e++) {
        pairs[2 * e] = (table[2 * e + 3] + table[2 * e - 1]) / 2 - table[2 * e + 1];
        pairs[2 * e + 1] = (table[2 * e - 1] - table[2 * e + 3]) / 2;
        halved[e] = table[2 * e + 1];
    }
    for (int p = 0; p < ROWS; p++) {
        labels[p] = draw() & 1 ? 1 : -1;
        for (int i = 0; i < FAN_IN; i++) {
            inputs[p][i] = draw() & 1 ? 1 : -1;
            columns[i][p / 64] |= (uint64_t)(inputs[p][i] > 0) << (p % 64);
        }
    }
    for (int k = 0; k < units; k++) {
        signs[k] = kind < SWK_DEVICE_RELU || kind == SWK_DEVICE_PARITY || k < units / 2 ? 1 : -1;
        for (int i = 0; i < FAN_IN; i++) {
            spins[k][i] = draw() & 1 ? 1 : -1;
            for (int p = 0; p < ROWS; p++)
                fields[k * LANES + p] += spins[k][i] * inputs[p][i];
        }
    }
    swk_device d = {.kind = kind, .energy = SWK_ENERGY_COUNT, .threshold = 1, .hidden = units, .patterns = ROWS,
                    .lanes = LANES, .labels = labels, .output_sign = signs};
    swk_device tabulated = d;
    tabulated.energy = SWK_ENERGY_TABLE;
    tabulated.table = table;
    tabulated.table_low = -2048;
    if (kind == SWK_DEVICE_PERCEPTRON) {
        tabulated.table = halved;
        tabulated.pairs = pairs;
        tabulated.table_low = -2047;
        tabulated.table_shift = 1;
    }
    memcpy(fields2, fields, sizeof fields);
    swk_device_outputs(&d, fields, s);
    swk_device_outputs(&d, fields2, s2);
    swk_count_masks(&d, fields, s, up, down, wrong);
    swk_gain_fill_f64(&tabulated, fields2, s2, even, odd, total);
    for (int step = 0; step < 400; step++) {
        int k = (int)(draw() % (uint64_t)units), i = (int)(draw() % FAN_IN);
        uint64_t turned = spins[k][i] > 0 ? 0 : ~(uint64_t)0;
        int64_t count = 0;
        double energy = 0;
        for (int turn = 0; turn < 2; turn++) {
            int64_t errors = 0;
            double sum = 0;
            for (int p = 0; p < ROWS; p++) {
                int h[UNITS] = {0};
                for (int unit = 0; unit < units; unit++)
                    for (int j = 0; j < FAN_IN; j++)
                        h[unit] += spins[unit][j] * inputs[p][j];
                int output = plain_output(kind, units, h, labels[p]);
                errors += output <= 0;
                sum += table[output + 2048];
            }
            count = errors - count;
            energy = sum - energy;
            if (turn == 0)
                spins[k][i] = -spins[k][i];
        }
        int64_t change = swk_count_change(2, columns[i], turned, up + 2 * k, down + 2 * k, wrong);
        check(change == count, "count change", kind);
        double gain = total[k] + swk_gain_change_f64(LANES, columns[i], turned, odd + k * LANES);
        check(fabs(gain - energy) < 1e-11, "gain", kind);
        if (step % 3) {
            swk_count_flip(&d, k, columns[i], turned, fields, s, up, down, wrong);
            swk_gain_flip_f64(&tabulated, k, columns[i], turned, fields2, s2, even, odd, total);
        } else {
            spins[k][i] = -spins[k][i];
        }
    }
    check(memcmp(fields, fields2, sizeof fields) == 0, "the same fields", kind);
}

int main(void)
{
    for (int64_t n = 1; n <= MOST; n++)
        test_bits(n);
    test_flips(SWK_DEVICE_PERCEPTRON, 1);
    test_flips(SWK_DEVICE_SIGN, 3);
    test_flips(SWK_DEVICE_RELU, 4);
    test_flips(SWK_DEVICE_QUADRATIC, 4);
    test_flips(SWK_DEVICE_PARITY, 3);
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
