/* Elementary functions of one number of the selected type, without branches, so that loops over them vectorise.
 * No include guard: include after real_f32.h or real_f64.h. Rounding tricks rely on the absence of -ffast-math. */
#include <stdint.h>
#include "constants.h"
#include "dispatch.h"

#undef SIGN_BIT
#undef HORNER
#define SIGN_BIT ((BITS)1 << (sizeof(REAL) * 8 - 1))
#define HORNER(name, x) FN(horner)(TABLE(name), (int)(sizeof TABLE(name) / sizeof(REAL)), x)

SWK_INLINE BITS FN(bits)(REAL x)
{
    BITS b;
    __builtin_memcpy(&b, &x, sizeof b);
    return b;
}

SWK_INLINE REAL FN(real)(BITS b)
{
    REAL x;
    __builtin_memcpy(&x, &b, sizeof x);
    return x;
}

SWK_INLINE REAL FN(magnitude)(REAL x) { return FN(real)(FN(bits)(x) & ~SIGN_BIT); }

SWK_INLINE REAL FN(with_sign_of)(REAL magnitude, REAL x)
{
    return FN(real)(FN(bits)(magnitude) | (FN(bits)(x) & SIGN_BIT));
}

/* The largest number below x, for finite x. */
SWK_INLINE REAL FN(next_below)(REAL x)
{
    BITS b = FN(bits)(x);
    return FN(real)(x > 0 ? b - 1 : x < 0 ? b + 1 : SIGN_BIT + 1);
}

/* Even and odd powers apart: half the latency, which is what bounds these loops. */
SWK_INLINE REAL FN(horner)(const REAL *c, int count, REAL x)
{
    int last_even = (count - 1) & ~1, last_odd = ((count - 2) & ~1) + 1;
    REAL square = x * x, even = c[last_even], odd = c[last_odd];
    for (int k = last_even - 2; k >= 0; k -= 2)
        even = even * square + c[k];
    for (int k = last_odd - 2; k >= 0; k -= 2)
        odd = odd * square + c[k];
    return even + odd * x;
}

/* The nearest integer, for |x| well below 2^MANTISSA. */
SWK_INLINE REAL FN(nearest)(REAL x)
{
    REAL shifted = x + ROUNDER;
    return shifted - ROUNDER;
}

/* 2^n for an integer n in the range of normal numbers, given n + ROUNDER. */
SWK_INLINE REAL FN(power_of_two)(REAL shifted) { return FN(real)((FN(bits)(shifted) << MANTISSA) + ONE_BITS); }

/* p 2^n, in two steps, so that results overflow and become denormal as they should. */
SWK_INLINE REAL FN(scaled)(REAL p, REAL n)
{
    REAL shifted = n * R(0.5) + ROUNDER;
    REAL half = shifted - ROUNDER;
    return p * FN(power_of_two)(shifted) * FN(power_of_two)((n - half) + ROUNDER);
}

/* NaN passes. */
SWK_INLINE REAL FN(exp_clamped)(REAL x)
{
    x = x < EXP_MIN ? EXP_MIN : x;
    return x > EXP_MAX ? EXP_MAX : x;
}

SWK_INLINE REAL FN(exponential)(REAL x)
{
    x = FN(exp_clamped)(x);
    REAL shifted = x * LOG2_E + ROUNDER;
    REAL n = shifted - ROUNDER;
    REAL r = (x - n * LN2_HI) - n * LN2_LO;
    return FN(scaled)(R(1.0) + (r + r * r * HORNER(exp, r)), n);
}

/* e^(x + tail) for a small tail. */
SWK_INLINE REAL FN(exp_sum)(REAL x, REAL tail)
{
    x = FN(exp_clamped)(x);
    REAL shifted = (x + tail) * LOG2_E + ROUNDER;
    REAL n = shifted - ROUNDER;
    REAL r = (x - n * LN2_HI) + (tail - n * LN2_LO);
    return FN(scaled)(R(1.0) + (r + r * r * HORNER(exp, r)), n);
}

/* e^(scale x^2) for scale -1 or -1/2: the square is taken in two parts, because its rounding error would be multiplied
 * by its size. */
SWK_INLINE REAL FN(exp_square)(REAL x, REAL scale)
{
    REAL limit = REAL_IS_F32 ? R(15.0) : R(40.0);
    x = x > limit ? limit : x;
    REAL high = FN(real)(FN(bits)(x) & HIGH_HALF);
    return FN(exp_sum)(scale * high * high, scale * (x - high) * (x + high));
}

SWK_INLINE REAL FN(exp_minus_one)(REAL x)
{
    REAL z = x < R(-40.0) ? R(-40.0) : x;
    z = z > EXP_MAX ? EXP_MAX : z;
    REAL shifted = z * LOG2_E + ROUNDER;
    REAL n = shifted - ROUNDER;
    REAL high = z - n * LN2_HI;
    REAL low = -(n * LN2_LO);
    REAL r = high + low;
    REAL p = r + (r * r * HORNER(exp, r) + ((high - r) + low));
    REAL half = FN(power_of_two)(shifted - R(1.0)); /* half of 2^n: 2^1024 has no representation, its results may have */
    REAL scaled = (half * p + (half - R(0.5))) * R(2.0);
    REAL y = n == 0 ? p : scaled;
    return FN(magnitude)(x) < TINY ? x : y;
}

/* tanh x = E / (E + 2) with E = e^(2 |x|) - 1: no cancellation near 0. */
SWK_INLINE REAL FN(hyperbolic_tangent)(REAL x)
{
    REAL a = R(2.0) * FN(magnitude)(x);
    a = a > R(44.0) ? R(44.0) : a;
    REAL e = FN(exp_minus_one)(a);
    return FN(with_sign_of)(e / (e + R(2.0)), x);
}

SWK_INLINE REAL FN(logistic)(REAL x)
{
    REAL e = FN(exponential)(-FN(magnitude)(x));
    return (x > 0 ? R(1.0) : e) / (R(1.0) + e);
}

/* k ln 2 + log(1 + f) + correction, where f lies between sqrt(1/2) - 1 and sqrt(2) - 1: log(1 + f) = 2 atanh(s) with
 * s = f / (2 + f), arranged as in fdlibm so that f itself carries no rounding error. */
SWK_INLINE REAL FN(log_kernel)(REAL k, REAL f, REAL correction)
{
    REAL s = f / (R(2.0) + f);
    REAL z = s * s;
    REAL half_square = R(0.5) * f * f;
    REAL low = s * (half_square + z * HORNER(log, z)) + (k * LN2_LO + correction);
    return k * LN2_HI + (f - (half_square - low));
}

/* log(x) + correction for normal, positive, finite x = 2^k (1 + f). */
SWK_INLINE REAL FN(log_normal)(REAL x, REAL scale_exponent, REAL correction)
{
    BITS shifted = FN(bits)(x) + (ONE_BITS - SQRT_HALF_BITS);
    /* The biased exponent becomes a number by being placed in the mantissa of 2^MANTISSA. */
    BITS two_to_mantissa = ONE_BITS + ((BITS)MANTISSA << MANTISSA);
    REAL bias = FN(real)(two_to_mantissa) + (REAL)(ONE_BITS >> MANTISSA);
    REAL k = FN(real)((shifted >> MANTISSA) | two_to_mantissa) - bias;
    REAL f = FN(real)((shifted & (((BITS)1 << MANTISSA) - 1)) + SQRT_HALF_BITS) - R(1.0);
    return FN(log_kernel)(k - scale_exponent, f, correction);
}

/* log(x) + correction for any x. */
SWK_INLINE REAL FN(log_corrected)(REAL x, REAL correction)
{
    int denormal = x < MIN_NORMAL;
    REAL normal = denormal ? x * (REAL)((BITS)1 << MANTISSA) : x;
    REAL y = FN(log_normal)(normal, denormal ? (REAL)MANTISSA : 0, correction);
    REAL infinity = (REAL)__builtin_inf();
    y = x == 0 ? -infinity : y;
    y = x == infinity ? infinity : y;
    return x >= 0 ? y : (REAL)__builtin_nan("");
}

/* Adding -0 changes nothing, not even the sign of 0, and so costs nothing. */
SWK_INLINE REAL FN(logarithm)(REAL x) { return FN(log_corrected)(x, R(-0.0)); }

SWK_INLINE REAL FN(log_one_plus)(REAL x)
{
    REAL u = R(1.0) + x;
    REAL small_rest = x - (u - R(1.0));
    REAL large_rest = R(1.0) - (u - x);
    REAL y = FN(log_corrected)(u, (FN(magnitude)(x) < R(1.0) ? small_rest : large_rest) / u);
    return FN(magnitude)(x) < TINY ? x : y;
}

/* log(1 + e) for 0 <= e <= 1, in half the time. */
SWK_INLINE REAL FN(log_one_plus_unit)(REAL e)
{
    int upper = e > R(0.41421356);
    REAL f = upper ? R(0.5) * e - R(0.5) : e;
    return FN(log_kernel)(upper ? R(1.0) : 0, f, R(-0.0));
}

SWK_INLINE REAL FN(soft_plus)(REAL x)
{
    return (x > 0 ? x : 0) + FN(log_one_plus_unit)(FN(exponential)(-FN(magnitude)(x)));
}

/* e^(x^2) erfc(x) = E / (1 + 2 x) for x >= 0, where E, between 1 and 1.3, is 1 + w P(q) with q = w - 1: exact at 0, and
 * rounding errors of the long polynomial hardly count. */
SWK_INLINE REAL FN(erfcx)(REAL x)
{
    REAL bounded = x > R(1e30) ? R(1e30) : x;
    REAL w = R(2.0) * bounded / (bounded + ERFCX_K);
    return (R(1.0) + w * HORNER(erfcx, w - R(1.0))) / (R(1.0) + R(2.0) * x);
}

SWK_INLINE REAL FN(error_function)(REAL x)
{
    REAL a = FN(magnitude)(x);
    REAL inner = a + a * HORNER(erf, a * a);
    REAL outer = R(1.0) - FN(erfcx)(a) * FN(exp_square)(a, R(-1.0));
    return FN(with_sign_of)(a < R(1.0) ? inner : outer, x);
}

SWK_INLINE REAL FN(error_complement)(REAL x)
{
    REAL a = FN(magnitude)(x);
    REAL tail = FN(erfcx)(a) * FN(exp_square)(a, R(-1.0));
    return x < 0 ? R(2.0) - tail : tail;
}

#undef SQRT_HALF
#define SQRT_HALF R(0.70710678118654752440)

/* ln H(x): for x > 0 the Gaussian factor of H is taken out of the logarithm, for x <= 0 it is log1p of minus the other
 * tail. */
SWK_INLINE REAL FN(log_normal_tail)(REAL x)
{
    REAL a = FN(magnitude)(x);
    REAL half_scaled = R(0.5) * FN(erfcx)(a * SQRT_HALF);
    REAL other = half_scaled * FN(exp_square)(a, R(-0.5));
    REAL rest = R(1.0) - other;
    REAL argument = x > 0 ? half_scaled : rest;
    REAL correction = x > 0 ? 0 : ((R(1.0) - rest) - other) / rest;
    REAL y = FN(log_corrected)(argument, correction) - (x > 0 ? R(0.5) * x * x : 0);
    return other < TINY && x < 0 ? -other : y;
}

SWK_INLINE REAL FN(inverse_mills)(REAL x)
{
    REAL a = FN(magnitude)(x);
    REAL scaled = FN(erfcx)(a * SQRT_HALF);
    REAL gauss = FN(exp_square)(a, R(-0.5));
    REAL sqrt_two_over_pi = R(0.79788456080286535588);
    return sqrt_two_over_pi * (x > 0 ? R(1.0) : gauss) / (x > 0 ? scaled : R(2.0) - scaled * gauss);
}

/* sin and cos of quarter * pi / 2 + r, |r| <= pi / 4, for an integer `quarter`. */
SWK_INLINE void FN(sincos_quarter)(REAL quarter, REAL r, REAL *sine, REAL *cosine)
{
    REAL z = r * r;
    REAL s = r + r * z * HORNER(sin, z);
    REAL c = R(1.0) - (R(0.5) * z - z * z * HORNER(cos, z));
    BITS q = FN(bits)(quarter + ROUNDER);
    int sign_shift = (int)sizeof(REAL) * 8 - 2;
    BITS odd = q & 1;
    REAL first = odd ? c : s, second = odd ? s : c;
    *sine = FN(real)(FN(bits)(first) ^ ((q & 2) << sign_shift));
    *cosine = FN(real)(FN(bits)(second) ^ (((q + 1) & 2) << sign_shift));
}

SWK_INLINE void FN(sincos)(REAL x, REAL *sine, REAL *cosine)
{
    REAL quarter = FN(nearest)(x * TWO_OVER_PI);
    REAL r = ((x - quarter * PIO2_1) - quarter * PIO2_2) - quarter * PIO2_3;
    FN(sincos_quarter)(quarter, r, sine, cosine);
}
