/* The C types as Swift sees them, the little state that must be thread-local (Swift has no such storage), and worker
 * threads. */
#ifndef CSWALE_H
#define CSWALE_H

#include "../../../include/swale/types.h"
#include "../../../include/swale/plugin.h"

/* This thread's last error sentence. Truncated to the buffer, always terminated, never NULL. */
const char *csw_last_error(void);
void csw_set_last_error(const char *message);

/* What may interrupt the computation that runs on this thread; NULL when nothing does. */
void *csw_thread_interrupter(void);
void csw_set_thread_interrupter(void *interrupter);
/* Whether it is to be asked: true once the work since it was asked last, this included, has reached `patience`. */
int csw_interrupter_due(double work, double patience);

/* Scratch memory of this thread, at least `bytes` long, 64-byte aligned, freed when the thread ends.
 * NULL when memory is short. A later call with a larger size may move it. */
void *csw_thread_scratch(size_t bytes);

/* The arithmetic of the library: round to nearest, no traps, no flushing of subnormal numbers. A host may have set these
 * otherwise (feenableexcept, fesetround, -ffast-math), which would end it at the first infinity, or change results. Entering
 * returns what the host had, 0 where there is nothing to restore, and costs a few nanoseconds then; leaving restores it with
 * its flags. */
static inline uint64_t csw_enter_arithmetic(void) {
#if defined(__x86_64__)
  const uint32_t found = __builtin_ia32_stmxcsr(), flags = 0x3f, standard = 0x1f80;
  if ((found & ~flags) == standard) return 0;
  uint16_t control = 0, plain = 0x37f;
  /* The library does nothing on the x87 unit; its traps are masked for the C library. */
  __asm__ volatile("fnstcw %0\n\tfldcw %1" : "=m"(control) : "m"(plain));
  __builtin_ia32_ldmxcsr(standard);
  return (uint64_t)control << 32 | found;
#elif defined(__aarch64__)
  uint64_t found, standard = 0;
  __asm__ volatile("mrs %0, fpcr" : "=r"(found));
  if (found != standard) __asm__ volatile("msr fpcr, %0" : : "r"(standard));
  return found;
#else
  return 0;
#endif
}

static inline void csw_leave_arithmetic(uint64_t found) {
  if (found == 0) return;
#if defined(__x86_64__)
  const uint16_t control = (uint16_t)(found >> 32);
  __asm__ volatile("fldcw %0" : : "m"(control));
  __builtin_ia32_ldmxcsr((uint32_t)found);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" : : "r"(found));
#endif
}

/* Calls piece(user, i) once for each i in 0 ..< pieces, on the calling thread and on worker threads, and returns when all
 * are done; the order is open. A loop within a loop, or one that meets another host thread's loop, runs on its caller
 * alone. */
typedef void csw_piece_fn(void *user, int64_t piece);
void csw_run_pieces(int64_t pieces, csw_piece_fn *piece, void *user);

#endif
