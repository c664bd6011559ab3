// Matrix kernels for x86-64-v4: 32 vector registers of 512 bits, of which a tile of C takes 28.
#include "gemm_private.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")))
#define T float
#define LANES 16
#define TILE_ROWS 14
#define THIN_ROWS 14
#define BLOCK_K 256
#define FMA(s, x, y) _mm512_fmadd_ps(x, y, s)
#define SPLAT(x) _mm512_set1_ps(x)
#define NAME(x) x##_f32_v4
#define TRANSPOSE swk_transpose_f32
#include "gemm_template.inc"

#define T double
#define LANES 8
#define TILE_ROWS 14
#define THIN_ROWS 14
#define BLOCK_K 256
#define FMA(s, x, y) _mm512_fmadd_pd(x, y, s)
#define SPLAT(x) _mm512_set1_pd(x)
#define NAME(x) x##_f64_v4
#define TRANSPOSE swk_transpose_f64
#include "gemm_template.inc"

const struct swk_gemm_kernels swk_kernels_v4 = {
    .name = "x86-64-v4",
    .level = 4,
    .gemm_f32 = gemm_f32_v4,
    .gemm_f64 = gemm_f64_v4,
    .gemv_f32 = gemv_f32_v4,
    .gemv_f64 = gemv_f64_v4,
};
#endif
