// Entry points of the matrix product, and the choice of the instruction set.
#include "include/gemm.h"
#include "gemm_private.h"

static const struct swk_gemm_kernels *chosen;

/// The best kernels of at most this level that the machine can run.
static const struct swk_gemm_kernels *best_kernels(int32_t level) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const int v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const int v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                 __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
  if (v4 && level >= 4) return &swk_kernels_v4;
  if (v3 && level >= 3) return &swk_kernels_v3;
#else
  (void)level;
#endif
  return &swk_kernels_base;
}

const struct swk_gemm_kernels *swk_kernels(void) {
  // Threads that meet here on the first call all make the same choice, so order does not matter.
  const struct swk_gemm_kernels *kernels = __atomic_load_n(&chosen, __ATOMIC_RELAXED);
  if (kernels) return kernels;
  kernels = best_kernels(INT32_MAX);
  __atomic_store_n(&chosen, kernels, __ATOMIC_RELAXED);
  return kernels;
}

const char *swk_isa_name(void) { return swk_kernels()->name; }

int32_t swk_isa_limit(int32_t level) {
  const struct swk_gemm_kernels *kernels = best_kernels(level);
  __atomic_store_n(&chosen, kernels, __ATOMIC_RELAXED);
  return kernels->level;
}

size_t swk_gemm_workspace(void) { return SWK_BYTES_A + SWK_BYTES_B + SWK_BYTES_C; }

void swk_gemm_f32(int32_t ta, int32_t tb, int64_t m, int64_t n, int64_t k, float alpha, const float *a, int64_t lda,
                  const float *b, int64_t ldb, float beta, float *c, int64_t ldc, void *workspace) {
  swk_kernels()->gemm_f32(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, workspace);
}

void swk_gemm_f64(int32_t ta, int32_t tb, int64_t m, int64_t n, int64_t k, double alpha, const double *a, int64_t lda,
                  const double *b, int64_t ldb, double beta, double *c, int64_t ldc, void *workspace) {
  swk_kernels()->gemm_f64(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, workspace);
}
