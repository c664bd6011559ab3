/* Thread-local state: the last error sentence, what may interrupt a computation, and the scratch block of the product
 * kernels. */
#include "CSwale.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local char last_error[2048] = "";

const char *csw_last_error(void) { return last_error; }

void csw_set_last_error(const char *message) {
  if (message == last_error) return;
  size_t length = message ? strnlen(message, sizeof last_error) : 0;
  if (length == sizeof last_error) {
    length--;
    /* Not in the middle of a UTF-8 character, whose later bytes are 10xxxxxx. */
    while (length > 0 && ((unsigned char)message[length] & 0xC0) == 0x80) length--;
  }
  memmove(last_error, message ? message : "", length);
  last_error[length] = '\0';
}

static _Thread_local void *interrupter;
static _Thread_local double pending_work;

void *csw_thread_interrupter(void) { return interrupter; }

void csw_set_thread_interrupter(void *next) { interrupter = next; }

int csw_interrupter_due(double work, double patience) {
  if (interrupter == NULL) return 0;
  pending_work += work;
  if (pending_work < patience) return 0;
  pending_work = 0;
  return 1;
}

/* A pthread key and not a plain _Thread_local pointer, because only the key has a destructor: threads of the
 * host come and go, and their scratch must go with them. */
struct scratch {
  void *memory;
  size_t size;
};

static _Thread_local struct scratch scratch;
static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;

static void make_scratch_key(void) { pthread_key_create(&scratch_key, free); }

void *csw_thread_scratch(size_t bytes) {
  if (scratch.size >= bytes) return scratch.memory;
  pthread_once(&scratch_once, make_scratch_key);
  void *memory = NULL;
  if (posix_memalign(&memory, 64, bytes) != 0) return NULL;
  free(scratch.memory);
  pthread_setspecific(scratch_key, memory);
  scratch.memory = memory;
  scratch.size = bytes;
  return memory;
}
