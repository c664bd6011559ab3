// Tests of the matrix products: values against plain sums in long double, and bits that may not depend on how a caller
// cuts the problem. Buffers have their exact size, so that AddressSanitizer sees any access outside. From the root:
//   clang -O2 -g -fsanitize=address -I Sources/CSwaleKernels/include Tests/CKernels/gemm_test.c
//     Sources/CSwaleKernels/gem*.c -o /tmp/gemm_test -lm && /tmp/gemm_test
#ifndef T // first pass: what does not depend on the element type; the file then includes itself once per type

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gemm.h"

typedef struct {
  int ta, tb;
  int64_t m, n, k;
  double alpha, beta;
} Shape;

static long passed, failed;
static void *workspace;

static void check(int ok, const char *what, Shape s) {
  if (ok) {
    passed++;
  } else if (++failed <= 20) {
    printf("FAILED %s on %s: ta %d tb %d m %lld n %lld k %lld alpha %g beta %g\n", what, swk_isa_name(), s.ta, s.tb,
           (long long)s.m, (long long)s.n, (long long)s.k, s.alpha, s.beta);
  }
}

/// Uniform in [-1, 1), from a linear congruential generator.
static double noise(void) {
  static uint64_t state = 1;
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (double)((int64_t)state >> 11) / (double)(1ll << 52);
}

static int64_t dice(int64_t most) { return 1 + (int64_t)((noise() + 1) / 2 * (double)most); }

#define T float
#define EPSILON FLT_EPSILON
#define NAME(x) x##_f32
#include "gemm_test.c"

#define T double
#define EPSILON DBL_EPSILON
#define NAME(x) x##_f64
#include "gemm_test.c"

int main(void) {
  workspace = aligned_alloc(64, swk_gemm_workspace());
  const int32_t levels[] = {0, 3, 4};
  int32_t last = -1;
  for (int l = 0; l < 3; l++) {
    const int32_t level = swk_isa_limit(levels[l]);
    if (level == last) continue; // the machine has nothing better
    last = level;
    test_f32();
    test_f64();
  }
  free(workspace);
  printf("%ld passed, %ld failed\n", passed, failed);
  return failed != 0;
}

#else

/// Elements from one stored row to the next; sometimes more than the row.
static int64_t NAME(stride)(int64_t width, int padded) { return width + (padded ? dice(5) : 0); }

/// A stored matrix of the exact size, with NaN between its rows.
static T *NAME(matrix)(int64_t rows, int64_t cols, int64_t ld, int filled) {
  const int64_t size = rows ? (rows - 1) * ld + cols : 0;
  T *x = malloc((size_t)size * sizeof(T));
  for (int64_t i = 0; i < size; i++) x[i] = filled && i % ld < cols ? (T)noise() : (T)NAN;
  return x;
}

static int NAME(same)(const T *x, const T *y, int64_t count) { return !memcmp(x, y, (size_t)count * sizeof(T)); }

/// Whether got equals alpha sum + beta old up to rounding: k products of numbers below 1, each sum rounded once.
static int NAME(near)(T got, long double sum, long double old, Shape s) {
  const long double want = (long double)s.alpha * sum + (s.beta == 0 ? 0 : (long double)s.beta * old);
  return fabsl(got - want) <= (long double)EPSILON * (long double)(s.k + 4);
}

static void NAME(product)(Shape s, int padded) {
  const int64_t m = s.m, n = s.n, k = s.k;
  const int64_t lda = NAME(stride)(s.ta ? m : k, padded), ldb = NAME(stride)(s.tb ? k : n, padded);
  const int64_t ldc = NAME(stride)(n, padded), size = (m - 1) * ldc + n;
  T *a = s.ta ? NAME(matrix)(k, m, lda, 1) : NAME(matrix)(m, k, lda, 1);
  T *b = s.tb ? NAME(matrix)(n, k, ldb, 1) : NAME(matrix)(k, n, ldb, 1);
  T *c = NAME(matrix)(m, n, ldc, s.beta != 0), *old = malloc((size_t)size * sizeof(T));
  memcpy(old, c, (size_t)size * sizeof(T));
  NAME(swk_gemm)(s.ta, s.tb, m, n, k, (T)s.alpha, a, lda, b, ldb, (T)s.beta, c, ldc, workspace);

  int ok = 1;
  for (int64_t i = 0; i < m; i++) {
    for (int64_t j = 0; j < n; j++) {
      long double sum = 0;
      for (int64_t p = 0; p < k; p++) {
        sum += (long double)a[s.ta ? p * lda + i : i * lda + p] * b[s.tb ? j * ldb + p : p * ldb + j];
      }
      ok &= NAME(near)(c[i * ldc + j], sum, old[i * ldc + j], s);
    }
    if (i + 1 < m) ok &= NAME(same)(c + i * ldc + n, old + i * ldc + n, ldc - n); // untouched between rows
  }
  check(ok, "product", s);
  free(a), free(b), free(c), free(old);
}

/// Cuts C into random bands of rows and of columns and asks for the bits of the whole product.
static void NAME(cuts)(Shape s) {
  const int64_t m = s.m, n = s.n, k = s.k, lda = s.ta ? m : k, ldb = s.tb ? k : n;
  T *a = NAME(matrix)(1, m * k, m * k, 1), *b = NAME(matrix)(1, k * n, k * n, 1);
  T *whole = NAME(matrix)(1, m * n, m * n, 1), *pieces = malloc((size_t)(m * n) * sizeof(T));
  memcpy(pieces, whole, (size_t)(m * n) * sizeof(T));
  NAME(swk_gemm)(s.ta, s.tb, m, n, k, (T)s.alpha, a, lda, b, ldb, (T)s.beta, whole, n, workspace);
  for (int64_t i = 0, rows; i < m; i += rows) {
    rows = dice(m - i < 8 ? m - i : (m - i + 1) / 2);
    for (int64_t j = 0, cols; j < n; j += cols) {
      cols = dice(n - j < 8 ? n - j : (n - j + 1) / 2);
      NAME(swk_gemm)(s.ta, s.tb, rows, cols, k, (T)s.alpha, a + (s.ta ? i : i * lda), lda, b + (s.tb ? j * ldb : j),
                     ldb, (T)s.beta, pieces + i * n + j, n, workspace);
    }
  }
  check(NAME(same)(whole, pieces, m * n), "cut product", s);
  free(a), free(b), free(whole), free(pieces);
}

/// The matrix-vector product of a stored m x n matrix: values, and the bits of pieces of y.
static void NAME(vector)(Shape s, int padded) {
  const int64_t m = s.m, n = s.n, lda = NAME(stride)(n, padded), from = s.ta ? m : n, to = s.ta ? n : m;
  T *a = NAME(matrix)(m, n, lda, 1), *x = NAME(matrix)(1, from, from, 1), *y = NAME(matrix)(1, to, to, s.beta != 0);
  T *old = malloc((size_t)to * sizeof(T)), *pieces = malloc((size_t)to * sizeof(T));
  memcpy(old, y, (size_t)to * sizeof(T));
  memcpy(pieces, y, (size_t)to * sizeof(T));
  NAME(swk_gemv)(s.ta, m, n, (T)s.alpha, a, lda, x, (T)s.beta, y);

  s.k = from;
  int ok = 1;
  for (int64_t i = 0; i < to; i++) {
    long double sum = 0;
    for (int64_t p = 0; p < from; p++) sum += (long double)a[s.ta ? p * lda + i : i * lda + p] * x[p];
    ok &= NAME(near)(y[i], sum, old[i], s);
  }
  check(ok, "vector", s);

  for (int64_t i = 0, part; i < to; i += part) {
    part = dice(to - i);
    NAME(swk_gemv)(s.ta, s.ta ? m : part, s.ta ? part : n, (T)s.alpha, a + (s.ta ? i : i * lda), lda, x, (T)s.beta,
                   pieces + i);
  }
  check(NAME(same)(y, pieces, to), "cut vector", s);
  free(a), free(x), free(y), free(old), free(pieces);
}

static void NAME(test)(void) {
  static const double factors[] = {0, 1, -0.5};
  static const int64_t lengths[] = {1, 2, 3, 4, 7, 8, 9, 17, 40};
  long turn = 0; // walks through transposes, factors and paddings: all combinations come by, at all kinds of shapes

  for (int64_t m = 1; m <= 40; m++) {
    for (int64_t n = 1; n <= 40; n++) {
      for (int l = 0; l < 9; l++, turn++) {
        const Shape s = {turn & 1, turn >> 1 & 1, m, n, lengths[l], turn % 7 ? factors[1 + turn % 2] : 0, factors[turn % 3]};
        NAME(product)(s, turn % 5 < 3);
      }
    }
  }
  for (int64_t k = 0; k <= 40; k++) {
    for (int c = 0; c < 36; c++, turn++) {
      const Shape s = {c & 1, c >> 1 & 1, dice(40), dice(40), k, factors[c / 4 % 3], factors[c / 12]};
      NAME(product)(s, turn % 2);
    }
  }
  // Beyond one block of the cache: in k, in m, in n (at least 2 MiB of packed B), and the swapped product.
  static const int64_t large[][3] = {{30, 50, 600}, {700, 20, 70}, {9, 4200, 257}, {64, 10, 900}, {130, 140, 520}, {420, 100, 300}};
  for (int l = 0; l < 6; l++) {
    for (int t = 0; t < 4; t++) {
      const Shape s = {t & 1, t >> 1, large[l][0], large[l][1], large[l][2], -0.5, 1};
      NAME(product)(s, t % 2);
      NAME(cuts)(s);
    }
  }
  for (int c = 0; c < 2000; c++) {
    const Shape s = {c & 1, c >> 1 & 1, dice(80), dice(80), dice(c % 10 ? 60 : 600), factors[1 + c / 4 % 2], factors[c / 8 % 3]};
    NAME(cuts)(s);
  }
  for (int64_t m = 1; m <= 70; m++) {
    for (int64_t n = 1; n <= 70; n++, turn++) {
      const Shape s = {turn & 1, 0, m, n, 0, turn % 7 ? factors[1 + turn % 2] : 0, factors[turn % 3]};
      NAME(vector)(s, turn % 5 < 3);
    }
  }
}

#undef T
#undef EPSILON
#undef NAME

#endif
