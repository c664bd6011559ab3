// Entry points of the matrix-vector product; the kernels are instantiations of gemm_vector.inc.
#include "gemm_private.h"
#include "include/gemm.h"

void swk_gemv_f32(int32_t ta, int64_t m, int64_t n, float alpha, const float *a, int64_t lda, const float *x,
                  float beta, float *y) {
  swk_kernels()->gemv_f32(ta, m, n, alpha, a, lda, x, beta, y);
}

void swk_gemv_f64(int32_t ta, int64_t m, int64_t n, double alpha, const double *a, int64_t lda, const double *x,
                  double beta, double *y) {
  swk_kernels()->gemv_f64(ta, m, n, alpha, a, lda, x, beta, y);
}
