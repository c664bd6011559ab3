/* Metropolis sampling of a binary perceptron, written plainly: every proposal goes over the stabilities of all
 * patterns. Built by t10_flips.py with the machine's own instructions. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

static uint64_t draw(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* columns: n x p, label times input; spins: n, +1 and -1, changed in place. energies[s + n] is the energy of a
 * stability s; NULL counts s <= 0. Returns the mean energy after each sweep of n proposals. */
double plain_metropolis(int64_t n, int64_t p, const int16_t *columns, int8_t *spins, const double *energies,
                        double temperature, int64_t sweeps, uint64_t seed)
{
    int16_t *s = calloc((size_t)p, sizeof *s);
    double energy = 0, sum = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t a = 0; a < p; a++)
            s[a] = (int16_t)(s[a] + spins[i] * columns[i * p + a]);
    for (int64_t a = 0; a < p; a++)
        energy += energies ? energies[s[a] + n] : s[a] <= 0;
    for (int64_t sweep = 0; sweep < sweeps; sweep++) {
        for (int64_t k = 0; k < n; k++) {
            int64_t i = (int64_t)((draw(&seed) >> 32) * (uint64_t)n >> 32);
            const int16_t *column = columns + i * p;
            int16_t step = (int16_t)(-2 * spins[i]);
            double change = 0;
            if (energies) {
                for (int64_t a = 0; a < p; a++)
                    change += energies[s[a] + step * column[a] + n] - energies[s[a] + n];
            } else {
                int16_t before = 0, after = 0; /* p is far below 2^15 */
                for (int64_t a = 0; a < p; a++) {
                    before = (int16_t)(before + (s[a] <= 0));
                    after = (int16_t)(after + ((int16_t)(s[a] + step * column[a]) <= 0));
                }
                change = after - before;
            }
            if (change > 0 && (double)(draw(&seed) >> 11) * 0x1p-53 >= exp(-change / temperature))
                continue;
            for (int64_t a = 0; a < p; a++)
                s[a] = (int16_t)(s[a] + step * column[a]);
            spins[i] = (int8_t)-spins[i];
            energy += change;
        }
        sum += energy;
    }
    free(s);
    return sum / (double)sweeps;
}
