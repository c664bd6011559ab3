/* The kernels of max_sum.h for the selected type. */

/* Rearranges x so that x[k] is what it would be if x were sorted, nothing before it is larger and nothing behind it
 * smaller. Hoare's selection with the median of three as pivot. */
SWK_INLINE void FN(select)(int64_t n, REAL *x, int64_t k)
{
    int64_t low = 0, high = n - 1;
    while (low < high) {
        REAL a = x[low], b = x[low + (high - low) / 2], c = x[high];
        REAL least = a < b ? a : b, most = a < b ? b : a;
        REAL pivot = c < least ? least : c > most ? most : c;
        int64_t i = low, j = high;
        while (i <= j) {
            while (x[i] < pivot)
                i++;
            while (x[j] > pivot)
                j--;
            if (i > j)
                break;
            REAL t = x[i];
            x[i++] = x[j];
            x[j--] = t;
        }
        if (k <= j)
            high = j;
        else if (k >= i)
            low = i;
        else
            return;
    }
}

/* Sixteen messages; `word` holds their sign bits from bit `first` on. */
SWK_INLINE void FN(replace_messages)(BITS word, int first, REAL lower, REAL upper, REAL keep, const REAL *a, REAL *u,
                                     REAL *sum)
{
    FN(signed_lanes) field, old, total;
    __builtin_memcpy(&field, a, sizeof field);
    __builtin_memcpy(&old, u, sizeof old);
    __builtin_memcpy(&total, sum, sizeof total);
    FN(sign_lanes) high = (FN(sign_lanes))((field >= 0) | (-field <= lower));
    FN(signed_lanes) low_value = lower - (FN(signed_lanes)){0}, high_value = upper - (FN(signed_lanes)){0};
    FN(signed_lanes) next =
        (FN(signed_lanes))(((FN(sign_lanes))high_value & high) | ((FN(sign_lanes))low_value & ~high));
    FN(flip_signs)(&next, word, first);
    total += next - keep * old;
    __builtin_memcpy(u, &next, sizeof next);
    __builtin_memcpy(sum, &total, sizeof total);
}

SWK_CLONES void FN(swk_max_sum_pattern)(int64_t n, const uint64_t *bits, int64_t bound, const REAL *total, REAL keep,
                                        REAL *u, REAL *sum, REAL *a, REAL *order)
{
    int64_t negative = 0, whole = n & -16;
    for (int64_t i = 0; i < whole; i += 16) {
        FN(signed_lanes) field, old;
        __builtin_memcpy(&field, total + i, sizeof field);
        __builtin_memcpy(&old, u + i, sizeof old);
        field -= old;
        FN(flip_signs)(&field, FN(part)(bits[i / 64], (int)(i % 64 / 16)), FIRST(i % 64 / 16));
        __builtin_memcpy(a + i, &field, sizeof field);
    }
    for (int64_t i = whole; i < n; i++) {
        REAL field = total[i] - u[i];
        a[i] = bits[i / 64] >> (i % 64) & 1 ? field : -field;
    }
    for (int64_t i = 0; i < n; i++) {
        order[negative] = -a[i];
        negative += a[i] < 0;
    }
    int64_t surplus = n - 2 * negative - (bound - 1), k = (1 - surplus) / 2;
    REAL lower = 0, upper = 0;
    if (surplus <= 1) {
        FN(select)(negative, order, k);
        upper = order[k];
        for (int64_t i = 0; i < k; i++)
            lower = order[i] > lower ? order[i] : lower;
    }
    for (int64_t i = 0; i < whole; i += 16)
        FN(replace_messages)(FN(part)(bits[i / 64], (int)(i % 64 / 16)), (int)FIRST(i % 64 / 16), lower, upper, keep,
                             a + i, u + i, sum + i);
    for (int64_t i = whole; i < n; i++) {
        REAL size = a[i] >= 0 || -a[i] <= lower ? upper : lower;
        REAL next = bits[i / 64] >> (i % 64) & 1 ? size : -size;
        sum[i] += next - keep * u[i];
        u[i] = next;
    }
}

int64_t FN(swk_lowest)(int64_t n, const REAL *x)
{
    int64_t best = 0;
    for (int64_t i = 1; i < n; i++)
        best = x[i] < x[best] ? i : best;
    return best;
}

int64_t FN(swk_highest_weighted)(int64_t n, const REAL *x, const double *weight)
{
    int64_t best = -1;
    for (int64_t i = 0; i < n; i++)
        if (weight[i] > 0 && (best < 0 || x[i] > x[best]))
            best = i;
    return best;
}
