// What the instantiations of the matrix product templates share with their dispatcher.
#ifndef SWALE_GEMM_PRIVATE_H
#define SWALE_GEMM_PRIVATE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/// Workspace, in this order: packed block of A (lives in the L2 cache), packed block of B (L3), transposed C.
enum {
  SWK_BYTES_A = 288 << 10,
  SWK_BYTES_B = 2 << 20,
  SWK_BYTES_C = 256 << 10,
};

typedef void swk_gemm_f32_fn(int32_t ta, int32_t tb, int64_t m, int64_t n, int64_t k, float alpha, const float *a,
                             int64_t lda, const float *b, int64_t ldb, float beta, float *c, int64_t ldc, void *ws);
typedef void swk_gemm_f64_fn(int32_t ta, int32_t tb, int64_t m, int64_t n, int64_t k, double alpha, const double *a,
                             int64_t lda, const double *b, int64_t ldb, double beta, double *c, int64_t ldc, void *ws);
typedef void swk_gemv_f32_fn(int32_t ta, int64_t m, int64_t n, float alpha, const float *a, int64_t lda,
                             const float *x, float beta, float *y);
typedef void swk_gemv_f64_fn(int32_t ta, int64_t m, int64_t n, double alpha, const double *a, int64_t lda,
                             const double *x, double beta, double *y);

/// The kernels of one instruction set.
struct swk_gemm_kernels {
  const char *name;
  int32_t level;
  swk_gemm_f32_fn *gemm_f32;
  swk_gemm_f64_fn *gemm_f64;
  swk_gemv_f32_fn *gemv_f32;
  swk_gemv_f64_fn *gemv_f64;
};

extern const struct swk_gemm_kernels swk_kernels_base;
#if defined(__x86_64__)
extern const struct swk_gemm_kernels swk_kernels_v3;
extern const struct swk_gemm_kernels swk_kernels_v4;
#endif

/// The kernels in force; chooses them on the first call.
const struct swk_gemm_kernels *swk_kernels(void);

// Transposition of one block of 16 bytes by as many rows. 128-bit vectors exist on every machine, and wider ones would
// gain little: packing is bound by its loads and stores.

typedef float swk_f32x4 __attribute__((vector_size(16)));
typedef float swk_f32x4u __attribute__((vector_size(16), aligned(4), may_alias));
typedef double swk_f64x2 __attribute__((vector_size(16)));
typedef double swk_f64x2u __attribute__((vector_size(16), aligned(8), may_alias));

/// dst[j * ldd + i] = src[i * lds + j] for i, j < 4.
static inline __attribute__((always_inline)) void swk_transpose_f32(const float *src, int64_t lds, float *dst,
                                                                    int64_t ldd) {
  const swk_f32x4 r0 = *(const swk_f32x4u *)(src), r1 = *(const swk_f32x4u *)(src + lds);
  const swk_f32x4 r2 = *(const swk_f32x4u *)(src + 2 * lds), r3 = *(const swk_f32x4u *)(src + 3 * lds);
  const swk_f32x4 lo01 = __builtin_shufflevector(r0, r1, 0, 4, 1, 5), hi01 = __builtin_shufflevector(r0, r1, 2, 6, 3, 7);
  const swk_f32x4 lo23 = __builtin_shufflevector(r2, r3, 0, 4, 1, 5), hi23 = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);
  *(swk_f32x4u *)(dst) = __builtin_shufflevector(lo01, lo23, 0, 1, 4, 5);
  *(swk_f32x4u *)(dst + ldd) = __builtin_shufflevector(lo01, lo23, 2, 3, 6, 7);
  *(swk_f32x4u *)(dst + 2 * ldd) = __builtin_shufflevector(hi01, hi23, 0, 1, 4, 5);
  *(swk_f32x4u *)(dst + 3 * ldd) = __builtin_shufflevector(hi01, hi23, 2, 3, 6, 7);
}

/// dst[j * ldd + i] = src[i * lds + j] for i, j < 2.
static inline __attribute__((always_inline)) void swk_transpose_f64(const double *src, int64_t lds, double *dst,
                                                                    int64_t ldd) {
  const swk_f64x2 r0 = *(const swk_f64x2u *)(src), r1 = *(const swk_f64x2u *)(src + lds);
  *(swk_f64x2u *)(dst) = __builtin_shufflevector(r0, r1, 0, 2);
  *(swk_f64x2u *)(dst + ldd) = __builtin_shufflevector(r0, r1, 1, 3);
}

#endif
