/* Rows of sign_products.h for x86-64-v3, by tables: three signs pick one of the eight values +-a +-b +-c, and one
 * permutation looks them up for eight rows at once, with a third of the instructions of flipping sign bits. */
#include "sign_products_private.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <stddef.h>

#define TARGET __attribute__((target("avx2,fma")))
#define INLINE static inline __attribute__((always_inline)) TARGET
#define UNROLL _Pragma("GCC unroll 16")

enum {
    GROUPS = 11,     /* groups among 32 signs: ten of three and one of two */
    TILE_WORDS = 16, /* words of a row whose tables stay in the first-level cache */
    TABLES = 2 * TILE_WORDS * GROUPS,
    BLOCK = 16, /* rows that share the load of a table */
};

/* The same word of eight rows, as two vectors of its lower and upper halves in the order of the rows. */
INLINE void load_words(const uint64_t *const *row, int64_t w, __m256i half[2])
{
    __m256 outer = _mm256_castsi256_ps(_mm256_set_epi64x((long long)row[5][w], (long long)row[4][w],
                                                         (long long)row[1][w], (long long)row[0][w]));
    __m256 inner = _mm256_castsi256_ps(_mm256_set_epi64x((long long)row[7][w], (long long)row[6][w],
                                                         (long long)row[3][w], (long long)row[2][w]));
    half[0] = _mm256_castps_si256(_mm256_shuffle_ps(outer, inner, 0x88));
    half[1] = _mm256_castps_si256(_mm256_shuffle_ps(outer, inner, 0xdd));
}

/* Entry k of a table has +a, +b, +c where bits 0, 1, 2 of k are 1; an eight-row lookup is one permutation. */

INLINE void fill_table_f32(const float *x, int three, __m256 *table)
{
    const __m256 first = _mm256_setr_ps(-0.f, 0, -0.f, 0, -0.f, 0, -0.f, 0);
    const __m256 second = _mm256_setr_ps(-0.f, -0.f, 0, 0, -0.f, -0.f, 0, 0);
    const __m256 third = _mm256_setr_ps(-0.f, -0.f, -0.f, -0.f, 0, 0, 0, 0);
    __m256 pair = _mm256_add_ps(_mm256_xor_ps(_mm256_set1_ps(x[0]), first),
                                _mm256_xor_ps(_mm256_set1_ps(x[1]), second));
    *table = three ? _mm256_add_ps(pair, _mm256_xor_ps(_mm256_set1_ps(x[2]), third)) : pair;
}

INLINE void add_block_f32(const uint64_t *const *row, int64_t words, const __m256 *table, float total[BLOCK])
{
    __m256 sum[4] = {0};
    for (int64_t w = 0; w < words; w++) {
        __m256i lower[2], upper[2];
        load_words(row, w, lower);
        load_words(row + 8, w, upper);
        for (int h = 0; h < 2; h++, table += GROUPS) {
            __m256i a = lower[h], b = upper[h];
            UNROLL
            for (int k = 0; k < GROUPS; k++) {
                sum[k % 2] = _mm256_add_ps(sum[k % 2], _mm256_permutevar8x32_ps(table[k], a));
                sum[2 + k % 2] = _mm256_add_ps(sum[2 + k % 2], _mm256_permutevar8x32_ps(table[k], b));
                a = _mm256_srli_epi32(a, 3);
                b = _mm256_srli_epi32(b, 3);
            }
        }
    }
    _mm256_storeu_ps(total, _mm256_add_ps(sum[0], sum[1]));
    _mm256_storeu_ps(total + 8, _mm256_add_ps(sum[2], sum[3]));
}

/* A table of doubles is one of their lower halves and one of their upper halves. */
struct table_f64 {
    __m256 half[2];
};

INLINE void fill_table_f64(const double *x, int three, struct table_f64 *table)
{
    const __m256d first = _mm256_setr_pd(-0., 0, -0., 0), third = _mm256_setr_pd(-0., -0., 0, 0);
    __m256d a = _mm256_xor_pd(_mm256_set1_pd(x[0]), first), b = _mm256_set1_pd(x[1]);
    __m256d even = _mm256_sub_pd(a, b), odd = _mm256_add_pd(a, b); /* entries 0 1 4 5 and 2 3 6 7 */
    if (three) {
        __m256d c = _mm256_xor_pd(_mm256_set1_pd(x[2]), third);
        even = _mm256_add_pd(even, c);
        odd = _mm256_add_pd(odd, c);
    }
    table->half[0] = _mm256_shuffle_ps(_mm256_castpd_ps(even), _mm256_castpd_ps(odd), 0x88);
    table->half[1] = _mm256_shuffle_ps(_mm256_castpd_ps(even), _mm256_castpd_ps(odd), 0xdd);
}

INLINE void look_up_f64(const struct table_f64 *table, __m256i index, __m256d sum[2])
{
    __m256 low = _mm256_permutevar8x32_ps(table->half[0], index);
    __m256 high = _mm256_permutevar8x32_ps(table->half[1], index);
    sum[0] = _mm256_add_pd(sum[0], _mm256_castps_pd(_mm256_unpacklo_ps(low, high))); /* rows 0 1 4 5 */
    sum[1] = _mm256_add_pd(sum[1], _mm256_castps_pd(_mm256_unpackhi_ps(low, high))); /* rows 2 3 6 7 */
}

INLINE void add_block_f64(const uint64_t *const *row, int64_t words, const struct table_f64 *table,
                          double total[BLOCK])
{
    __m256d sum[2][2] = {0};
    for (int64_t w = 0; w < words; w++) {
        __m256i lower[2], upper[2];
        load_words(row, w, lower);
        load_words(row + 8, w, upper);
        for (int h = 0; h < 2; h++, table += GROUPS) {
            __m256i a = lower[h], b = upper[h];
            UNROLL
            for (int k = 0; k < GROUPS; k++) {
                look_up_f64(table + k, a, sum[0]);
                look_up_f64(table + k, b, sum[1]);
                a = _mm256_srli_epi32(a, 3);
                b = _mm256_srli_epi32(b, 3);
            }
        }
    }
    for (int b = 0; b < 2; b++) {
        _mm256_storeu_pd(total + 8 * b, _mm256_permute2f128_pd(sum[b][0], sum[b][1], 0x20));
        _mm256_storeu_pd(total + 8 * b + 4, _mm256_permute2f128_pd(sum[b][0], sum[b][1], 0x31));
    }
}

#define DEFINE_SIGN_ROWS(T, S, TABLE)                                                                                  \
    /* Tables of `words` words of inputs, of which `count` exist. */                                                   \
    INLINE void fill_tables_##S(int64_t count, int64_t words, const T *x, TABLE *table)                                \
    {                                                                                                                  \
        for (int64_t i = 0; i < 64 * words; i += 32) {                                                                 \
            T part[3 * GROUPS] = {0};                                                                                  \
            int64_t known = count - i < 32 ? count - i : 32;                                                           \
            if (known > 0)                                                                                             \
                __builtin_memcpy(part, x + i, (size_t)known * sizeof(T));                                              \
            UNROLL                                                                                                     \
            for (int k = 0; k < GROUPS; k++)                                                                           \
                fill_table_##S(part + 3 * k, k < GROUPS - 1, table++);                                                 \
        }                                                                                                              \
    }                                                                                                                  \
                                                                                                                       \
    TARGET void swk_sign_rows_tables_##S(int64_t rows, int64_t width, const uint64_t *bits, int64_t stride,            \
                                         const T *x, T *y)                                                             \
    {                                                                                                                  \
        TABLE table[TABLES];                                                                                           \
        for (int64_t start = 0; start < width; start += 64 * TILE_WORDS, bits += TILE_WORDS) {                         \
            int64_t left = width - start, count = left < 64 * TILE_WORDS ? left : 64 * TILE_WORDS;                     \
            int64_t words = (count + 63) / 64;                                                                         \
            fill_tables_##S(count, words, x + start, table);                                                           \
            for (int64_t p = 0; p < rows; p += BLOCK) {                                                                \
                int64_t here = rows - p < BLOCK ? rows - p : BLOCK;                                                    \
                const uint64_t *row[BLOCK]; /* the last one repeated where there are fewer */                          \
                for (int64_t r = 0; r < BLOCK; r++)                                                                    \
                    row[r] = bits + (p + (r < here ? r : here - 1)) * stride;                                          \
                T total[BLOCK];                                                                                        \
                add_block_##S(row, words, table, total);                                                               \
                for (int64_t r = 0; r < here; r++)                                                                     \
                    y[p + r] = start == 0 ? total[r] : y[p + r] + total[r];                                            \
            }                                                                                                          \
        }                                                                                                              \
    }

DEFINE_SIGN_ROWS(float, f32, __m256)
DEFINE_SIGN_ROWS(double, f64, struct table_f64)
#endif
