/* The C types as Swift sees them, the little state that must be thread-local (Swift has no such storage), and worker
 * threads. */
#ifndef CSWALE_H
#define CSWALE_H

#include "../../../include/swale/types.h"
#include "../../../include/swale/plugin.h"

/* This thread's last error sentence. Truncated to the buffer, always terminated, never NULL. */
const char *csw_last_error(void);
void csw_set_last_error(const char *message);

/* Puts the floating-point environment of the host aside for the time of a call: no traps, rounding to nearest, no
 * flushing of denormal numbers, whatever the host has set; and gives it back as it was, flags included. Without it the
 * speculative arithmetic of vector loops would end a host that traps exceptions, and other rounding modes would break
 * the elementary functions. */
uint32_t csw_enter_arithmetic(void);
void csw_leave_arithmetic(uint32_t environment);

/* Scratch memory of this thread, at least `bytes` long, 64-byte aligned, freed when the thread ends.
 * NULL when memory is short. A later call with a larger size may move it. */
void *csw_thread_scratch(size_t bytes);

/* Calls piece(user, i) once for each i in 0 ..< pieces, on the calling thread and on worker threads, and returns when all
 * are done; the order is open. A loop within a loop, or one that meets another host thread's loop, runs on its caller
 * alone. */
typedef void csw_piece_fn(void *user, int64_t piece);
void csw_run_pieces(int64_t pieces, csw_piece_fn *piece, void *user);

#endif
