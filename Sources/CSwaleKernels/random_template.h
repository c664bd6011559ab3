/* Real-valued random numbers of the selected type. PER_BLOCK values come from each Philox block. */
#undef PER_BLOCK
#define PER_BLOCK (REAL_IS_F32 ? 4 : 2)

/* Value PER_BLOCK * i + j comes from word j (f32) or from words 2 j and 2 j + 1 (f64) of block i. */
SWK_INLINE void FN(uniform_batch)(int blocks, const swk_philox_batch *batch, REAL lo, REAL width, REAL *value)
{
    for (int j = 0; j < PER_BLOCK; j++) {
        SWK_LOOP
        for (int i = 0; i < blocks; i++) {
#if REAL_IS_F32
            REAL u = (float)(int32_t)(batch->word[j][i] >> 8) * 0x1p-24f;
#else
            uint64_t bits = (uint64_t)batch->word[2 * j][i] << 32 | batch->word[2 * j + 1][i];
            REAL u = (double)(bits >> 11) * 0x1p-53;
#endif
            value[PER_BLOCK * i + j] = lo + width * u;
        }
    }
}

/* Box-Muller: u in (0, 1] gives the radius, and the angle is 2 pi turn / 4 with turn in [0, 4), reduced without error. */
SWK_INLINE void FN(box_muller)(REAL u, REAL turn, REAL *first, REAL *second)
{
    REAL radius = SWK_SQRT(R(-2.0) * FN(log_normal)(u, R(0.0), R(-0.0)));
    REAL quarter = FN(nearest)(turn);
    REAL sine, cosine;
    FN(sincos_quarter)(quarter, (turn - quarter) * R(1.57079632679489661923), &sine, &cosine);
    *first = radius * cosine;
    *second = radius * sine;
}

SWK_INLINE void FN(normal_batch)(int blocks, const swk_philox_batch *batch, REAL mean, REAL sd, REAL *value)
{
    for (int j = 0; j < PER_BLOCK; j += 2) {
        SWK_POLYNOMIAL_LOOP
        for (int i = 0; i < blocks; i++) {
#if REAL_IS_F32
            REAL u = ((float)(int32_t)(batch->word[j][i] >> 1) + 0.5f) * 0x1p-31f;
            REAL turn = (float)(int32_t)(batch->word[j + 1][i] >> 8) * 0x1p-22f;
#else
            /* 52 bits under the exponent of 1 make a number in [1, 2), in fewer instructions than a conversion. */
            uint64_t high = ((uint64_t)batch->word[0][i] << 32 | batch->word[1][i]) >> 12;
            uint64_t low = ((uint64_t)batch->word[2][i] << 32 | batch->word[3][i]) >> 12;
            REAL u = (FN(real)(high | ONE_BITS) - 1.0) + 0x1p-53;
            REAL turn = 4.0 * (FN(real)(low | ONE_BITS) - 1.0);
#endif
            REAL first, second;
            FN(box_muller)(u, turn, &first, &second);
            value[PER_BLOCK * i + j] = mean + sd * first;
            value[PER_BLOCK * i + j + 1] = mean + sd * second;
        }
    }
}

SWK_CLONES void FN(swk_random_uniform)(uint64_t seed, uint64_t stream, uint64_t position, int64_t n, REAL lo, REAL hi,
                                       REAL *out)
{
    swk_philox_batch batch;
    REAL value[SWK_PHILOX_BATCH * PER_BLOCK];
    REAL width = hi - lo, largest = lo < hi ? FN(next_below)(hi) : lo;
    while (n > 0) {
        int skip = (int)(position % PER_BLOCK);
        uint64_t needed = ((uint64_t)n + skip - 1) / PER_BLOCK + 1;
        int blocks = swk_philox_fill(seed, stream, position / PER_BLOCK, needed, &batch);
        int count = blocks * PER_BLOCK - skip < n ? blocks * PER_BLOCK - skip : (int)n;
        FN(uniform_batch)(blocks, &batch, lo, width, value);
        /* lo + width u may round up to hi. */
        for (int i = 0; i < count; i++)
            out[i] = value[skip + i] > largest ? largest : value[skip + i];
        position += (uint64_t)count;
        out += count;
        n -= count;
    }
}

SWK_CLONES void FN(swk_random_normal)(uint64_t seed, uint64_t stream, uint64_t position, int64_t n, REAL mean, REAL sd,
                                      REAL *out)
{
    swk_philox_batch batch;
    REAL value[SWK_PHILOX_BATCH * PER_BLOCK];
    while (n > 0) {
        int skip = (int)(position % PER_BLOCK);
        uint64_t needed = ((uint64_t)n + skip - 1) / PER_BLOCK + 1;
        int blocks = swk_philox_fill(seed, stream, position / PER_BLOCK, needed, &batch);
        int count = blocks * PER_BLOCK - skip < n ? blocks * PER_BLOCK - skip : (int)n;
        FN(normal_batch)(blocks, &batch, mean, sd, value);
        __builtin_memcpy(out, value + skip, (size_t)count * sizeof(REAL));
        position += (uint64_t)count;
        out += count;
        n -= count;
    }
}

/* The sign at position p is bit p % 32 of word p / 32. */
SWK_CLONES void FN(swk_random_signs)(uint64_t seed, uint64_t stream, uint64_t position, int64_t n, REAL *out)
{
    swk_philox_batch batch;
    while (n > 0) {
        int skip = (int)(position % 128);
        int blocks = swk_philox_fill(seed, stream, position / 128, ((uint64_t)n + skip - 1) / 128 + 1, &batch);
        int count = blocks * 128 - skip < n ? blocks * 128 - skip : (int)n;
        for (int done = 0; done < count;) {
            int bit = skip + done;
            int width = 32 - bit % 32 < count - done ? 32 - bit % 32 : count - done;
            uint32_t word = (uint32_t)batch.word[bit / 32 % 4][bit / 128] >> (bit % 32);
            for (int k = 0; k < width; k++)
                out[done + k] = FN(real)(ONE_BITS | (BITS)(word >> k & 1) << (sizeof(REAL) * 8 - 1));
            done += width;
        }
        position += (uint64_t)count;
        out += count;
        n -= count;
    }
}
