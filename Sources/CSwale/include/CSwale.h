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

/* Calls piece(user, i) once for each i in 0 ..< pieces, on the calling thread and on worker threads, and returns when all
 * are done; the order is open. A loop within a loop, or one that meets another host thread's loop, runs on its caller
 * alone. */
typedef void csw_piece_fn(void *user, int64_t piece);
void csw_run_pieces(int64_t pieces, csw_piece_fn *piece, void *user);

#endif
