/* The kernels of elementwise.h for the selected type. */
#undef EXPONENT_BITS
#define EXPONENT_BITS (REAL_IS_F32 ? (BITS)0x7f800000u : (BITS)0x7ff0000000000000u)

SWK_CLONES void FN(swk_fill)(int64_t n, REAL value, REAL *x)
{
    for (int64_t i = 0; i < n; i++)
        x[i] = value;
}

SWK_CLONES void FN(swk_scale)(int64_t n, REAL a, REAL *x)
{
    for (int64_t i = 0; i < n; i++)
        x[i] *= a;
}

SWK_CLONES void FN(swk_axpy)(int64_t n, REAL a, const REAL *x, REAL *y)
{
    SWK_LOOP
    for (int64_t i = 0; i < n; i++)
        y[i] += a * x[i];
}

SWK_CLONES void FN(swk_axpby)(int64_t n, REAL a, const REAL *x, REAL b, REAL *y)
{
    SWK_LOOP
    for (int64_t i = 0; i < n; i++)
        y[i] = a * x[i] + b * y[i];
}

SWK_CLONES void FN(swk_add)(int64_t n, const REAL *x, const REAL *y, REAL *out)
{
    SWK_LOOP
    for (int64_t i = 0; i < n; i++)
        out[i] = x[i] + y[i];
}

SWK_CLONES void FN(swk_sub)(int64_t n, const REAL *x, const REAL *y, REAL *out)
{
    SWK_LOOP
    for (int64_t i = 0; i < n; i++)
        out[i] = x[i] - y[i];
}

SWK_CLONES void FN(swk_mul)(int64_t n, const REAL *x, const REAL *y, REAL *out)
{
    SWK_LOOP
    for (int64_t i = 0; i < n; i++)
        out[i] = x[i] * y[i];
}

SWK_CLONES void FN(swk_multiply_add)(int64_t n, const REAL *x, const REAL *y, REAL *out)
{
    SWK_LOOP
    for (int64_t i = 0; i < n; i++)
        out[i] += x[i] * y[i];
}

SWK_CLONES void FN(swk_product_sum)(int64_t n, const REAL *a, const REAL *x, const REAL *b, const REAL *y, REAL *out)
{
    SWK_LOOP
    for (int64_t i = 0; i < n; i++)
        out[i] = a[i] * x[i] + b[i] * y[i];
}

SWK_CLONES void FN(swk_u8_to)(int64_t n, const uint8_t *x, REAL scale, REAL *y)
{
    SWK_LOOP
    for (int64_t i = 0; i < n; i++)
        y[i] = scale * (REAL)x[i];
}

SWK_CLONES double FN(swk_dot)(int64_t n, const REAL *x, const REAL *y) { return FN(total_product)(n, x, y); }

double FN(swk_sum_squares)(int64_t n, const REAL *x) { return FN(swk_dot)(n, x, x); }

SWK_CLONES double FN(swk_sum)(int64_t n, const REAL *x) { return FN(total)(n, x); }

SWK_CLONES double FN(swk_max_abs)(int64_t n, const REAL *x)
{
    REAL largest[SWK_LANES] = {0};
    for (int64_t i = 0; i < n; i += SWK_LANES) {
        int width = n - i < SWK_LANES ? (int)(n - i) : SWK_LANES;
        for (int j = 0; j < width; j++) {
            REAL a = FN(magnitude)(x[i + j]);
            largest[j] = a > largest[j] ? a : largest[j];
        }
    }
    for (int j = 1; j < SWK_LANES; j++)
        largest[0] = largest[j] > largest[0] ? largest[j] : largest[0];
    return largest[0];
}

SWK_INLINE int FN(nonfinite)(REAL x) { return (FN(bits)(x) & EXPONENT_BITS) == EXPONENT_BITS; }

/* Looks at blocks without branches, so that an array that is all finite costs one vectorised pass. */
SWK_CLONES int64_t FN(swk_first_nonfinite)(int64_t n, const REAL *x)
{
    enum { block = 512 };
    for (int64_t start = 0; start < n; start += block) {
        int64_t end = n - start < block ? n : start + block;
        BITS found = 0;
        for (int64_t i = start; i < end; i++)
            found |= (BITS)FN(nonfinite)(x[i]);
        for (int64_t i = start; found && i < end; i++)
            if (FN(nonfinite)(x[i]))
                return i;
    }
    return -1;
}

int32_t FN(swk_all_finite)(int64_t n, const REAL *x) { return FN(swk_first_nonfinite)(n, x) < 0; }

/* Narrow rows are handled several at a time as one wide row, as short loops do not fill vectors. */
SWK_CLONES void FN(swk_add_bias)(int64_t rows, int64_t cols, const REAL *bias, REAL *y)
{
    enum { wide = 256 };
    REAL pattern[wide];
    int64_t group = cols > 0 ? wide / cols : 0, total = rows * cols;
    if (group < 2) {
        for (int64_t i = 0; i < rows; i++) {
            SWK_LOOP
            for (int64_t j = 0; j < cols; j++)
                y[i * cols + j] += bias[j];
        }
        return;
    }
    int64_t width = group * cols;
    for (int64_t j = 0; j < width; j++)
        pattern[j] = bias[j % cols];
    for (int64_t start = 0; start < total; start += width) {
        int64_t count = total - start < width ? total - start : width;
        SWK_LOOP
        for (int64_t j = 0; j < count; j++)
            y[start + j] += pattern[j];
    }
}

/* Sums of a few rows are taken in REAL, which fills vectors, and their total in double. */
SWK_CLONES void FN(swk_column_sum)(int64_t rows, int64_t cols, const REAL *x, REAL *out)
{
    enum { wide = 256, few = 16 };
    REAL part[wide];
    int64_t group = cols > 0 && wide / cols > 1 ? wide / cols : 1;
    int64_t lines = rows / group, width = group * cols;
    for (int64_t left = 0; left < width; left += wide) {
        double sum[wide] = {0};
        int64_t count = width - left < wide ? width - left : wide;
        for (int64_t first = 0; first < lines; first += few) {
            int64_t last = lines - first < few ? lines : first + few;
            for (int64_t j = 0; j < count; j++)
                part[j] = x[first * width + left + j];
            for (int64_t i = first + 1; i < last; i++)
                for (int64_t j = 0; j < count; j++)
                    part[j] += x[i * width + left + j];
            for (int64_t j = 0; j < count; j++)
                sum[j] += (double)part[j];
        }
        /* Rows that do not fill a group, only where rows are narrow. */
        for (int64_t i = lines * group; i < rows; i++)
            for (int64_t j = 0; j < cols; j++)
                sum[j] += (double)x[i * cols + j];
        for (int64_t j = cols; j < count; j++)
            sum[j % cols] += sum[j];
        for (int64_t j = 0; j < (count < cols ? count : cols); j++)
            out[left + j] = (REAL)((double)out[left + j] + sum[j]);
    }
}

void FN(swk_gather_rows)(int64_t count, int64_t cols, const REAL *source, const int64_t *index, REAL *destination)
{
    for (int64_t i = 0; i < count; i++)
        __builtin_memcpy(destination + i * cols, source + index[i] * cols, (size_t)cols * sizeof(REAL));
}
