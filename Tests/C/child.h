/* Cases that may end the process: they run one after the other in a child process, and after one that died the next
 * child goes on behind it. The parent says which case it was and how it ended. */
#ifndef CHILD_H
#define CHILD_H

#include "check.h"

#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CASE_SECONDS = 20 };

/* The address sanitizer reserves terabytes, keeps what was freed and takes more stack: tests of memory leave it out. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* Address space of a child: little, so that memory which is neither counted nor checked ends it. */
#define ROOM (SANITIZED ? 0 : (size_t)3 << 30)

/* Written by the child, read by the parent when the child is gone. */
static struct shared_case {
  long number;
  double seconds, slowest;
  char what[512], slowest_what[512];
} *shared_case;

static long case_count, first_case;

static inline void end_case(void) {
  const double taken = seconds() - shared_case->seconds;
  if (shared_case->number == 0 || taken <= shared_case->slowest) return;
  shared_case->slowest = taken;
  memcpy(shared_case->slowest_what, shared_case->what, sizeof shared_case->what);
}

/* True when the case that is described has to be run by this child. */
__attribute__((format(printf, 1, 2))) static inline int begin_case(const char *format, ...) {
  va_list arguments;
  if (++case_count <= first_case) return 0;
  end_case();
  va_start(arguments, format);
  vsnprintf(shared_case->what, sizeof shared_case->what, format, arguments);
  va_end(arguments);
  shared_case->number = case_count;
  shared_case->seconds = seconds();
  alarm(CASE_SECONDS);
  return 1;
}

/* Runs `cases` to its end in as many children as it takes. `room`: bytes of address space a child may have, 0: all. */
static inline void run_in_children(const char *name, void (*cases)(void), size_t room) {
  int died = 0;
  shared_case = mmap(NULL, sizeof *shared_case, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared_case == MAP_FAILED) exit(2);
  shared_case->number = 0;
  shared_case->slowest = 0;
  for (first_case = case_count = 0; died <= 200; first_case = shared_case->number) {
    int status = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child < 0) exit(2);
    if (child == 0) {
      setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
      if (room > 0) setrlimit(RLIMIT_AS, &(struct rlimit){room, room});
      checks_failed = 0;
      cases();
      end_case();
      fflush(stdout);
      _exit(checks_failed > 0);
    }
    while (waitpid(child, &status, 0) < 0) continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) break;
    died++;
    printf("FAILED %s, case %ld: %s: ended by %s %d\n", name, shared_case->number, shared_case->what,
           WIFSIGNALED(status) ? "signal" : "exit", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    if (shared_case->number == first_case) break; /* died outside of any case */
  }
  printf("%s: %ld cases, the slowest took %.2f s: %s\n", name, shared_case->number, shared_case->slowest,
         shared_case->slowest_what);
  CHECK(shared_case->number > 0);
  CHECK(died == 0);
  munmap(shared_case, sizeof *shared_case);
}

#endif
