/* Selects f64 for the templates included after it. Included many times on purpose. */
#undef REAL
#undef BITS
#undef FN
#undef MANTISSA
#undef ONE_BITS
#undef ROUNDER
#undef TINY
#undef LARGEST
#undef R
#undef REAL_IS_F32

#define REAL double
#define BITS uint64_t
#define FN(name) name##_f64
#define R(literal) literal
#define MANTISSA 52
#define ONE_BITS 0x3ff0000000000000u
#define ROUNDER 0x1.8p52 /* adding it rounds to an integer and leaves that in the low bits */
#define TINY 0x1p-54     /* f(x) = x for |x| below, where f(x) = x + O(x^2) */
#define LARGEST 0x1.fffffffffffffp1023
#define REAL_IS_F32 0
