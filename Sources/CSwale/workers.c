/* The worker threads of parallel loops. Sleeping threads take some 70 microseconds to wake on a virtual machine, as long
 * as a small product; a worker therefore watches for the next loop for a moment before it sleeps, and so does the
 * caller for the end of its own. The moment is short, because on a busy machine it is taken from someone else. */
#include "CSwale.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

enum { MOST_WORKERS = 1023, WATCH_NANOSECONDS = 100000 };

/* One loop at a time: who holds `owner` has the workers, anybody else runs a loop alone. */
static pthread_mutex_t owner = PTHREAD_MUTEX_INITIALIZER;

/* Guards the conditions below, which are changed under it or by atomics that sleepers look at again under it. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t begun = PTHREAD_COND_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;

static csw_piece_fn *body;
static void *context;
static atomic_long unclaimed;  /* pieces that nobody has begun; taking one gives the right to read body and context */
static atomic_long unfinished; /* pieces not done yet: the loop lasts until there are none */
static int workers, sleeping;

static int64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/* Looks at `count` for a moment: true as soon as it is zero (or, with `wanted`, not zero). */
static int watch(atomic_long *count, int wanted) {
  const int64_t limit = nanoseconds() + WATCH_NANOSECONDS;
  do {
    for (int i = 0; i < 32; i++) {
      if ((atomic_load_explicit(count, memory_order_acquire) != 0) == wanted) return 1;
      relax();
    }
  } while (nanoseconds() < limit);
  return 0;
}

/* Runs pieces until there are none to begin. */
static void work(void) {
  long left = atomic_load_explicit(&unclaimed, memory_order_acquire);
  while (left > 0) {
    if (!atomic_compare_exchange_weak_explicit(&unclaimed, &left, left - 1, memory_order_acq_rel, memory_order_acquire))
      continue;
    body(context, left - 1);
    if (atomic_fetch_sub_explicit(&unfinished, 1, memory_order_acq_rel) == 1) {
      pthread_mutex_lock(&mutex);
      pthread_cond_signal(&ended);
      pthread_mutex_unlock(&mutex);
    }
    left = atomic_load_explicit(&unclaimed, memory_order_acquire);
  }
}

static void *worker(void *unused) {
  (void)unused;
  for (;;) {
    work();
    if (watch(&unclaimed, 1)) continue;
    pthread_mutex_lock(&mutex);
    sleeping++;
    while (atomic_load_explicit(&unclaimed, memory_order_acquire) == 0) pthread_cond_wait(&begun, &mutex);
    sleeping--;
    pthread_mutex_unlock(&mutex);
  }
  return NULL;
}

/* A child of fork() has none of the threads; it starts with the state of a new process. */
static void forget(void) {
  pthread_mutex_init(&owner, NULL);
  pthread_mutex_init(&mutex, NULL);
  pthread_cond_init(&begun, NULL);
  pthread_cond_init(&ended, NULL);
  atomic_store(&unclaimed, 0);
  atomic_store(&unfinished, 0);
  workers = sleeping = 0;
}

static pthread_once_t fork_once = PTHREAD_ONCE_INIT;
static void watch_forks(void) { pthread_atfork(NULL, NULL, forget); }

/* Signals belong to the host's own threads. Fewer workers than wanted only make loops slower. */
static void hire(int wanted) {
  if (workers >= wanted) return;
  pthread_once(&fork_once, watch_forks);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (pthread_t thread; workers < wanted && pthread_create(&thread, NULL, worker, NULL) == 0; workers++)
    pthread_detach(thread);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void csw_run_pieces(int64_t pieces, csw_piece_fn *piece, void *user) {
  if (pieces < 2 || pthread_mutex_trylock(&owner) != 0) {
    for (int64_t i = 0; i < pieces; i++) piece(user, i);
    return;
  }
  const int helpers = pieces - 1 < MOST_WORKERS ? (int)(pieces - 1) : MOST_WORKERS;
  hire(helpers);
  pthread_mutex_lock(&mutex);
  body = piece;
  context = user;
  atomic_store_explicit(&unfinished, pieces, memory_order_relaxed);
  atomic_store_explicit(&unclaimed, pieces, memory_order_release);
  for (int i = 0; i < helpers && i < sleeping; i++) pthread_cond_signal(&begun);
  pthread_mutex_unlock(&mutex);
  work();
  if (!watch(&unfinished, 0)) {
    pthread_mutex_lock(&mutex);
    while (atomic_load_explicit(&unfinished, memory_order_acquire) != 0) pthread_cond_wait(&ended, &mutex);
    pthread_mutex_unlock(&mutex);
  }
  pthread_mutex_unlock(&owner);
}
