/* How kernels are compiled: once per instruction set, chosen when the library is loaded. SWK_BASELINE leaves only the
 * compiler's own target, for comparing instruction sets on one machine. */
#ifndef SWK_DISPATCH_H
#define SWK_DISPATCH_H

#if defined(__x86_64__) && defined(__linux__) && !defined(SWK_BASELINE)
#define SWK_CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define SWK_CLONES
#endif

/* Helpers must be inlined into every clone, or they would run as baseline code. */
#define SWK_INLINE static inline __attribute__((always_inline))

/* Before a loop whose iterations are independent: an output may be the same array as an input, which the compiler
 * would otherwise answer with a scalar loop. Loops over polynomials wait for their own results; two vectors at a time
 * fill the gaps (10 to 20 % faster). */
#if defined(__clang__)
#define SWK_LOOP _Pragma("clang loop vectorize(assume_safety)")
#define SWK_POLYNOMIAL_LOOP _Pragma("clang loop vectorize(assume_safety) interleave_count(2)")
#else
#define SWK_LOOP _Pragma("GCC ivdep")
#define SWK_POLYNOMIAL_LOOP _Pragma("GCC ivdep")
#endif

/* sqrt() may set errno, which keeps loops from being vectorised. */
#if defined(__clang__)
#define SWK_SQRT(x) __builtin_elementwise_sqrt(x)
#else
#define SWK_SQRT(x) __builtin_sqrt(x)
#endif

/* Partial sums of a reduction. */
#define SWK_LANES 16

/* Elements a polynomial loop takes at a time on the widest machine. What is left is padded to it, so that no element
 * ever sees scalar code. */
#define SWK_STEP 32

#endif
