// Matrix kernels for x86-64-v3: 16 vector registers of 256 bits, of which a tile of C takes 12.
#include "gemm_private.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma")))
#define T float
#define LANES 8
#define TILE_ROWS 6
#define THIN_ROWS 12
#define BLOCK_K 384
#define FMA(s, x, y) _mm256_fmadd_ps(x, y, s)
#define SPLAT(x) _mm256_set1_ps(x)
#define NAME(x) x##_f32_v3
#define TRANSPOSE swk_transpose_f32
#include "gemm_template.inc"

#define T double
#define LANES 4
#define TILE_ROWS 6
#define THIN_ROWS 12
#define BLOCK_K 256
#define FMA(s, x, y) _mm256_fmadd_pd(x, y, s)
#define SPLAT(x) _mm256_set1_pd(x)
#define NAME(x) x##_f64_v3
#define TRANSPOSE swk_transpose_f64
#include "gemm_template.inc"

const struct swk_gemm_kernels swk_kernels_v3 = {
    .name = "x86-64-v3",
    .level = 3,
    .gemm_f32 = gemm_f32_v3,
    .gemm_f64 = gemm_f64_v3,
    .gemv_f32 = gemv_f32_v3,
    .gemv_f64 = gemv_f64_v3,
};
#endif
