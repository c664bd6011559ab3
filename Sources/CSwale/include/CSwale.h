/* The C types as Swift sees them, and the little state that must be thread-local (Swift has no such storage). */
#ifndef CSWALE_H
#define CSWALE_H

#include "../../../include/swale/types.h"
#include "../../../include/swale/plugin.h"

/* This thread's last error sentence. Truncated to the buffer, always terminated, never NULL. */
const char *csw_last_error(void);
void csw_set_last_error(const char *message);

/* Scratch memory of this thread, at least `bytes` long, 64-byte aligned, freed when the thread ends.
 * NULL when memory is short. A later call with a larger size may move it. */
void *csw_thread_scratch(size_t bytes);

#endif
