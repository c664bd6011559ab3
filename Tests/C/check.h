/* What the C tests share: checks that count, and objects to call functions with. Each test is a program of one file;
 * it prints what failed and ends with "name: N checks passed". */
#ifndef CHECK_H
#define CHECK_H

#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif

#include <math.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <swale/swale.h>

static atomic_long checks_passed, checks_failed;

static inline int check_at(int line, const char *what, int ok) {
  if (ok) {
    checks_passed++;
  } else if (++checks_failed <= 50) {
    printf("FAILED line %d: %s (last error: %s)\n", line, what, swale_last_error());
  }
  return ok;
}

#define CHECK(condition) check_at(__LINE__, #condition, (condition) != 0)
/* A call that must work. */
#define WORKS(call) check_at(__LINE__, #call " works", (call) == SWALE_OK)
/* A call that must be refused with this status and a sentence that contains `words`. */
#define REFUSED(status, words, call)                                                                              \
  check_at(__LINE__, #call " is refused with " #status " and \"" words "\"",                                     \
           (call) == (status) && strstr(swale_last_error(), words) != NULL)

static inline int finish(const char *name) {
  if (checks_failed > 0) printf("%s: %ld checks passed, %ld FAILED\n", name, checks_passed, checks_failed);
  else printf("%s: %ld checks passed\n", name, checks_passed);
  return checks_failed > 0;
}

static inline double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* f(x) = sum of diagonal_i x_i^2 / 2 in three dimensions. */
static inline swale_objective_t make_bowl(void) {
  const double diagonal[3] = {1, 10, 100};
  swale_options_t options = 0;
  swale_objective_t bowl = 0;
  WORKS(swale_options_create(&options));
  WORKS(swale_options_set_reals(options, "diagonal", diagonal, 3));
  WORKS(swale_objective_create("quadratic", options, 0, 0, &bowl));
  WORKS(swale_options_destroy(options));
  return bowl;
}

/* A bag with one real option. */
static inline swale_options_t with_real(const char *name, double value) {
  swale_options_t options = 0;
  WORKS(swale_options_create(&options));
  WORKS(swale_options_set_real(options, name, value));
  return options;
}

/* A run with a number of steps, and a progress callback that is called as often as possible. */
static inline swale_run_t make_run(int64_t max_steps, swale_progress_fn progress, void *user) {
  swale_options_t options = with_real("progress_every", 0);
  swale_run_t run = 0;
  if (max_steps > 0) WORKS(swale_options_set_int(options, "max_steps", max_steps));
  WORKS(swale_run_create(options, progress, user, &run));
  WORKS(swale_options_destroy(options));
  return run;
}

/* A named scalar of a result; NaN and a failed check when it is not there. */
static inline double scalar(swale_result_t result, const char *name) {
  double value = NAN;
  WORKS(swale_result_scalar(result, name, &value));
  return value;
}

#endif
