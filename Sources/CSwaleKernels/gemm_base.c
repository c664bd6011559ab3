// Matrix kernels for the baseline of the architecture: 128-bit vectors, that is SSE2 or NEON.
#include "gemm_private.h"

// Sums are fused where the baseline has the instruction. Elsewhere asking for it would call a library function.
#if defined(__aarch64__) && defined(__clang__)
#define SWK_BASE_FMA(s, x, y) __builtin_elementwise_fma(x, y, s)
#else
#define SWK_BASE_FMA(s, x, y) ((s) + (x) * (y))
#endif

// Twice as many registers on other machines than x86-64.
#if defined(__x86_64__)
#define SWK_BASE_NAME "x86-64"
enum { tile_rows = 4, thin_rows = 8 };
#else
#define SWK_BASE_NAME "generic"
enum { tile_rows = 10, thin_rows = 14 };
#endif

#define TARGET
#define T float
#define LANES 4
#define TILE_ROWS tile_rows
#define THIN_ROWS thin_rows
#define BLOCK_K 256
#define FMA(s, x, y) SWK_BASE_FMA(s, x, y)
#define SPLAT(x) ((x) - (VEC){0})
#define NAME(x) x##_f32_base
#define TRANSPOSE swk_transpose_f32
#include "gemm_template.inc"

#define T double
#define LANES 2
#define TILE_ROWS tile_rows
#define THIN_ROWS thin_rows
#define BLOCK_K 256
#define FMA(s, x, y) SWK_BASE_FMA(s, x, y)
#define SPLAT(x) ((x) - (VEC){0})
#define NAME(x) x##_f64_base
#define TRANSPOSE swk_transpose_f64
#include "gemm_template.inc"

const struct swk_gemm_kernels swk_kernels_base = {
    .name = SWK_BASE_NAME,
    .level = 0,
    .gemm_f32 = gemm_f32_base,
    .gemm_f64 = gemm_f64_base,
    .gemv_f32 = gemv_f32_base,
    .gemv_f64 = gemv_f64_base,
};
