/* Selects f32 for the templates included after it. Included many times on purpose. */
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

#define REAL float
#define BITS uint32_t
#define FN(name) name##_f32
#define R(literal) literal##f
#define MANTISSA 23
#define ONE_BITS 0x3f800000u
#define ROUNDER 0x1.8p23f /* adding it rounds to an integer and leaves that in the low bits */
#define TINY 0x1p-25f     /* f(x) = x for |x| below, where f(x) = x + O(x^2) */
#define LARGEST 0x1.fffffep127f
#define REAL_IS_F32 1
