/* Matrix products of Swale's built-in kernels against oneDNN and OpenBLAS called directly, and the FMA peak.
 *
 * gcc -O2 gemm.c -ldl; ./a.out kernels.so [rounds]  prints JSON lines. The kernels come as a shared object made from
 * Sources/CSwaleKernels; oneDNN and OpenBLAS are opened where they are installed. All run alternately on one core;
 * times are CPU time of the thread. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef void (*swk_f32)(int32_t, int32_t, int64_t, int64_t, int64_t, float, const float *, int64_t, const float *,
                        int64_t, float, float *, int64_t, void *);
typedef void (*swk_f64)(int32_t, int32_t, int64_t, int64_t, int64_t, double, const double *, int64_t, const double *,
                        int64_t, double, double *, int64_t, void *);
typedef int (*dnnl_f32)(char, char, int64_t, int64_t, int64_t, float, const float *, int64_t, const float *, int64_t,
                        float, float *, int64_t);
typedef void (*blas_f32)(int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *,
                         int);
typedef void (*blas_f64)(int, int, int, int, int, int, double, const double *, int, const double *, int, double,
                         double *, int);

static swk_f32 kernel_f32;
static swk_f64 kernel_f64;
static dnnl_f32 onednn_f32;
static blas_f32 openblas_f32;
static blas_f64 openblas_f64;
static void *workspace;
static void *a, *b, *c;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Twelve independent chains of fused multiply-adds in registers: what the core can do at most. */
#define STEP(S) S = S * m + d; __asm__ volatile("" : "+v"(S));
#define PEAK(NAME, BYTES, TYPE, TARGET)                                                                         \
  __attribute__((target(TARGET), noinline)) static double NAME(long turns) {                                    \
    typedef TYPE vec __attribute__((vector_size(BYTES)));                                                       \
    vec m = (vec){} + (TYPE)0.999, d = (vec){} + (TYPE)1e-3;                                                    \
    vec p = d, q = d, r = d, s = d, t = d, u = d, v = d, w = d, x = d, y = d, z = d, o = d;                     \
    for (long k = 0; k < turns; k++) {                                                                          \
      STEP(p) STEP(q) STEP(r) STEP(s) STEP(t) STEP(u) STEP(v) STEP(w) STEP(x) STEP(y) STEP(z) STEP(o)           \
    }                                                                                                           \
    vec sum = p + q + r + s + t + u + v + w + x + y + z + o;                                                    \
    return (double)sum[0];                                                                                      \
  }
#if defined(__x86_64__)
PEAK(peak32_v4, 64, float, "avx512f")
PEAK(peak64_v4, 64, double, "avx512f")
PEAK(peak32_v3, 32, float, "avx2,fma")
PEAK(peak64_v3, 32, double, "avx2,fma")
#endif

static volatile double sink;

static double peak(int f64) {
#if defined(__x86_64__)
  int wide = __builtin_cpu_supports("avx512f");
  long turns = 400000;
  double best = 0;
  for (int r = 0; r < 15; r++) {
    double t = now();
    sink = wide ? (f64 ? peak64_v4(turns) : peak32_v4(turns)) : (f64 ? peak64_v3(turns) : peak32_v3(turns));
    t = now() - t;
    double flops = 2.0 * 12 * (double)turns * (f64 ? 4 : 8) * (wide ? 2 : 1) / t;
    if (flops > best) best = flops;
  }
  return best * 1e-9;
#else
  (void)f64;
  return 0;
#endif
}

enum { BUILTIN, ONEDNN, OPENBLAS, LIBRARIES };
static const char *const names[] = {"builtin", "onednn", "openblas"};

static int have(int library, int f64) {
  if (library == BUILTIN) return 1;
  if (library == ONEDNN) return !f64 && onednn_f32;
  return f64 ? openblas_f64 != NULL : openblas_f32 != NULL;
}

static void product(int library, int f64, int ta, int tb, int n) {
  if (f64) {
    if (library == BUILTIN) kernel_f64(ta, tb, n, n, n, 1, a, n, b, n, 0, c, n, workspace);
    else openblas_f64(101, ta ? 112 : 111, tb ? 112 : 111, n, n, n, 1, a, n, b, n, 0, c, n);
  } else if (library == BUILTIN) {
    kernel_f32(ta, tb, n, n, n, 1, a, n, b, n, 0, c, n, workspace);
  } else if (library == ONEDNN) {
    onednn_f32(ta ? 'T' : 'N', tb ? 'T' : 'N', n, n, n, 1, a, n, b, n, 0, c, n);
  } else {
    openblas_f32(101, ta ? 112 : 111, tb ? 112 : 111, n, n, n, 1, a, n, b, n, 0, c, n);
  }
}

static int ascending(const void *x, const void *y) {
  double p = *(const double *)x, q = *(const double *)y;
  return (p > q) - (p < q);
}

static double median(double *values, int count) {
  qsort(values, (size_t)count, sizeof *values, ascending);
  return count % 2 ? values[count / 2] : 0.5 * (values[count / 2 - 1] + values[count / 2]);
}

static void *first_of(const char *const *files) {
  for (; *files; files++) {
    void *library = dlopen(*files, RTLD_NOW | RTLD_LOCAL);
    if (library) return library;
  }
  return NULL;
}

int main(int argc, char **argv) {
  void *kernels = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
  if (!kernels) {
    fprintf(stderr, "usage: %s kernels.so [rounds]: %s\n", argv[0], argc > 1 ? dlerror() : "no file given");
    return 1;
  }
  int rounds = argc > 2 ? atoi(argv[2]) : 15;
  if (rounds < 1 || rounds > 101) rounds = 15;
  kernel_f32 = (swk_f32)dlsym(kernels, "swk_gemm_f32");
  kernel_f64 = (swk_f64)dlsym(kernels, "swk_gemm_f64");
  size_t (*size)(void) = (size_t(*)(void))dlsym(kernels, "swk_gemm_workspace");
  const char *(*isa)(void) = (const char *(*)(void))dlsym(kernels, "swk_isa_name");
  workspace = aligned_alloc(64, (size() + 63) / 64 * 64);

  static const char *const dnn[] = {"libdnnl.so.3", "libdnnl.so.2", "libdnnl.so", NULL};
  static const char *const blas[] = {"libopenblas.so.0", "libopenblas.so", NULL};
  void *found = first_of(dnn);
  if (found) onednn_f32 = (dnnl_f32)dlsym(found, "dnnl_sgemm");
  found = first_of(blas);
  if (found) {
    openblas_f32 = (blas_f32)dlsym(found, "cblas_sgemm");
    openblas_f64 = (blas_f64)dlsym(found, "cblas_dgemm");
    void (*threads)(int) = (void (*)(int))dlsym(found, "openblas_set_num_threads");
    if (threads) threads(1);
  }

  double roof[2] = {peak(0), peak(1)};
  printf("{\"task\": \"gemm\", \"case\": \"fma-peak\", \"isa\": \"%s\", \"f32\": %.1f, \"f64\": %.1f}\n", isa(),
         roof[0], roof[1]);
  static const int sizes[] = {64, 96, 128, 256, 512, 1024};
  size_t bytes = 1024 * 1024 * sizeof(double);
  a = aligned_alloc(64, bytes), b = aligned_alloc(64, bytes), c = aligned_alloc(64, bytes);
  for (int f64 = 0; f64 < 2; f64++) {
    for (size_t i = 0; i < bytes / 8; i++) {
      if (f64) ((double *)a)[i] = 1.0 / (double)(i % 97 + 1), ((double *)b)[i] = 1.0 / (double)(i % 89 + 1);
      else {
        ((float *)a)[2 * i] = ((float *)a)[2 * i + 1] = 1.0f / (float)(i % 97 + 1);
        ((float *)b)[2 * i] = ((float *)b)[2 * i + 1] = 1.0f / (float)(i % 89 + 1);
      }
    }
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
      int n = sizes[s];
      double flop = 2.0 * n * n * (double)n;
      long repeats = (long)(5e8 / flop) + 1;
      /* The three forms of a dense layer: forward X W', backward D W, gradient D' X. */
      for (int form = 0; form < 3; form++) {
        int ta = form == 2, tb = form == 0;
        double times[LIBRARIES][101];
        for (int r = -1; r < rounds; r++) {
          for (int library = 0; library < LIBRARIES; library++) {
            if (!have(library, f64)) continue;
            double t = now();
            for (long k = 0; k < repeats; k++) product(library, f64, ta, tb, n);
            if (r >= 0) times[library][r] = (now() - t) / (double)repeats;
          }
        }
        static const char *const forms[] = {"nt", "nn", "tn"};
        printf("{\"task\": \"gemm\", \"case\": \"%s-%d-%s\"", f64 ? "f64" : "f32", n, forms[form]);
        double own = 0;
        for (int library = 0; library < LIBRARIES; library++) {
          if (!have(library, f64)) continue;
          double rate = flop / median(times[library], rounds) * 1e-9;
          if (library == BUILTIN) own = rate;
          printf(", \"%s\": %.1f", names[library], rate);
          if (library != BUILTIN) printf(", \"of_%s\": %.3f", names[library], own / rate);
        }
        printf(", \"of_peak\": %.3f}\n", own / roof[f64]);
        fflush(stdout);
      }
    }
  }
  return 0;
}
