// Dense matrix products: C = alpha op(A) op(B) + beta C and y = alpha op(A) x + beta y, row-major.
//
// The kernels keep no state besides the instruction set chosen on first use, allocate nothing, and may run on any
// number of threads as long as each has its own workspace. Strides count elements.
//
// Every element of the result is summed over k in an order that depends on k (and the instruction set) alone. A caller
// may therefore cut m or n into pieces, for parallel work, and gets the same bits for any way of cutting.
#ifndef SWALE_GEMM_H
#define SWALE_GEMM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Bytes of scratch memory a matrix product needs (a constant, whatever the shape). Align it to 64 bytes; its content is
/// free to change between calls.
size_t swk_gemm_workspace(void);

/// C = alpha op(A) op(B) + beta C with op(A) of m x k, op(B) of k x n and C of m x n.
///
/// `ta`, `tb`: nonzero if the stored matrix is the transpose of the operand, that is A is stored k x m, B n x k.
/// `lda`, `ldb`, `ldc`: distance between two stored rows, at least their length. C may not overlap A or B.
/// With beta == 0 the old content of C is not read (NaN there does no harm); with alpha == 0 or k == 0, A and B are not.
void swk_gemm_f32(int32_t ta, int32_t tb, int64_t m, int64_t n, int64_t k, float alpha, const float *a, int64_t lda,
                  const float *b, int64_t ldb, float beta, float *c, int64_t ldc, void *workspace);

/// The same in double precision.
void swk_gemm_f64(int32_t ta, int32_t tb, int64_t m, int64_t n, int64_t k, double alpha, const double *a, int64_t lda,
                  const double *b, int64_t ldb, double beta, double *c, int64_t ldc, void *workspace);

/// y = alpha op(A) x + beta y, where A is stored m x n: x has n elements and y m, or with `ta` x has m and y n.
/// Rows of A (with `ta`: columns) may be cut into pieces without changing bits. beta == 0 does not read y.
/// The last bits may differ from those of a matrix product with one column.
void swk_gemv_f32(int32_t ta, int64_t m, int64_t n, float alpha, const float *a, int64_t lda, const float *x,
                  float beta, float *y);

/// The same in double precision.
void swk_gemv_f64(int32_t ta, int64_t m, int64_t n, double alpha, const double *a, int64_t lda, const double *x,
                  double beta, double *y);

/// Instruction set in force: "x86-64-v4" (AVX-512), "x86-64-v3" (AVX2 and FMA), "x86-64" or "generic".
const char *swk_isa_name(void);

/// Limits the instruction set, for tests: 0 = baseline, 3, 4 = x86-64 levels. A level the machine lacks leaves the best
/// one below it. Returns the level in force. Not to be called while products run on other threads, whose pieces could
/// then differ in the last bits.
int32_t swk_isa_limit(int32_t level);

#ifdef __cplusplus
}
#endif

#endif
