/* All configurations of a binary perceptron, in the order of the Gray code: the loop that one would write. */
#include <stdint.h>

enum { MOST_PATTERNS = 256 };

/* Number of configurations w of `weights` signs whose fields sum_i w_i column[i][p] are all positive. */
int64_t plain_enumeration(int weights, int patterns, const int16_t *columns)
{
    int16_t field[MOST_PATTERNS] = {0};
    if (patterns > MOST_PATTERNS)
        return -1;
    for (int i = 0; i < weights; i++)
        for (int p = 0; p < patterns; p++)
            field[p] = (int16_t)(field[p] - columns[i * patterns + p]);
    int64_t solutions = 0;
    for (uint64_t code = 0;;) {
        int bad = 0;
        for (int p = 0; p < patterns; p++)
            bad |= field[p] <= 0;
        solutions += !bad;
        if (++code == (uint64_t)1 << weights)
            return solutions;
        int i = __builtin_ctzll(code); /* the weight that changes, to the value of bit i of the Gray code */
        int16_t step = (code ^ code >> 1) >> i & 1 ? 2 : -2;
        const int16_t *column = columns + i * patterns;
        for (int p = 0; p < patterns; p++)
            field[p] = (int16_t)(field[p] + step * column[p]);
    }
}
