/* Conversions between signs in the selected type and bits. Flags of 64 numbers are computed as bytes, which vectorises,
 * and gathered into a word. */

SWK_INLINE uint64_t FN(pack_word)(int64_t count, const REAL *x)
{
    uint8_t flag[64] = {0};
    if (count >= 64) {
        SWK_LOOP
        for (int j = 0; j < 64; j++)
            flag[j] = x[j] >= 0;
    } else {
        for (int64_t j = 0; j < count; j++)
            flag[j] = x[j] >= 0;
    }
    return gather_flags(flag);
}

SWK_CLONES void FN(swk_pack_signs)(int64_t n, const REAL *x, uint64_t *bits)
{
    for (int64_t start = 0; start < n; start += 64)
        bits[start >> 6] = FN(pack_word)(n - start, x + start);
}

SWK_CLONES void FN(swk_pack_above)(int64_t n, const REAL *x, const REAL *threshold, uint64_t *bits)
{
    for (int64_t start = 0; start < n; start += 64) {
        int64_t count = n - start < 64 ? n - start : 64;
        uint8_t flag[64] = {0};
        for (int64_t j = 0; j < count; j++)
            flag[j] = x[start + j] > threshold[start + j];
        bits[start >> 6] = gather_flags(flag);
    }
}

SWK_CLONES void FN(swk_unpack_signs)(int64_t first, int64_t n, const uint64_t *bits, REAL *x)
{
    int64_t i = 0;
    for (; i < n && (first + i) & 63; i++)
        x[i] = bits[(first + i) >> 6] >> ((first + i) & 63) & 1 ? R(1.0) : R(-1.0);
    for (; i + 64 <= n; i += 64) {
        uint64_t word = bits[(first + i) >> 6];
        SWK_LOOP
        for (int j = 0; j < 64; j++)
            x[i + j] = word >> j & 1 ? R(1.0) : R(-1.0);
    }
    for (; i < n; i++)
        x[i] = bits[(first + i) >> 6] >> ((first + i) & 63) & 1 ? R(1.0) : R(-1.0);
}

SWK_CLONES int64_t FN(swk_first_other)(int64_t n, const REAL *x)
{
    for (int64_t start = 0; start < n; start += 256) {
        int64_t count = n - start < 256 ? n - start : 256;
        int other = 0;
        for (int64_t j = 0; j < count; j++)
            other |= !(x[start + j] == R(1.0) || x[start + j] == R(-1.0));
        for (int64_t j = 0; other && j < count; j++)
            if (!(x[start + j] == R(1.0) || x[start + j] == R(-1.0)))
                return start + j;
    }
    return -1;
}

SWK_CLONES void FN(swk_divide_fields)(int64_t n, const int32_t *x, double divisor, REAL *y)
{
    SWK_LOOP
    for (int64_t i = 0; i < n; i++)
        y[i] = (REAL)((double)x[i] / divisor);
}
