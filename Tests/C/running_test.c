/* Runs: busy, cancelled from another thread, stopped by a callback that dies, destroyed during a call. */
#include "check.h"

#include <pthread.h>

/* A solve that would go on for ever: tiny steps on a bowl. */
static swale_status solve_for_ever(swale_objective_t bowl, swale_run_t run, swale_result_t *result) {
  double x[3] = {1, 1, 1};
  swale_options_t options = with_real("learning_rate", 1e-12);
  WORKS(swale_options_set_int(options, "steps", INT64_C(1000000000000)));
  swale_status status = swale_solve("sgd", options, bowl, x, 3, run, result);
  swale_options_destroy(options);
  return status;
}

static swale_options_t without_history(void) {
  swale_options_t options = with_real("progress_every", 0);
  WORKS(swale_options_set_bool(options, "history", 0)); /* endless runs must not fill the memory */
  return options;
}

static swale_run_t endless_run(swale_progress_fn progress, void *user) {
  swale_options_t options = without_history();
  swale_run_t run = 0;
  WORKS(swale_run_create(options, progress, user, &run));
  WORKS(swale_options_destroy(options));
  return run;
}

static void *cancel_soon(void *run) {
  nanosleep(&(struct timespec){0, 50000000}, NULL);
  WORKS(swale_run_cancel(*(swale_run_t *)run));
  return NULL;
}

static void test_cancel_from_another_thread(void) {
  swale_objective_t bowl = make_bowl();
  swale_run_t run = endless_run(NULL, NULL);
  swale_result_t result = 0;
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, cancel_soon, &run) == 0);
  WORKS(solve_for_ever(bowl, run, &result));
  pthread_join(thread, NULL);
  CHECK(scalar(result, "reason") == SWALE_CANCELLED);
  CHECK(scalar(result, "steps") > 0); /* the partial result is there */
  WORKS(swale_result_destroy(result));
  WORKS(swale_run_destroy(run));
  WORKS(swale_objective_destroy(bowl));
}

static void never_writes(const swale_progress *now, int32_t *action, void *user) {
  (void)now;
  (void)action;
  *(int *)user += 1;
}

static void test_silent_progress_stops(void) {
  int calls = 0;
  swale_objective_t bowl = make_bowl();
  swale_run_t run = endless_run(never_writes, &calls);
  swale_result_t result = 0;
  WORKS(solve_for_ever(bowl, run, &result));
  CHECK(scalar(result, "reason") == SWALE_CANCELLED);
  CHECK(calls >= 1 && calls <= 2); /* the stop, and the one call at the end */
  WORKS(swale_result_destroy(result));
  WORKS(swale_run_destroy(run));
  WORKS(swale_objective_destroy(bowl));
}

struct meddler {
  swale_objective_t objective;
  swale_run_t run;
  int calls;
};

/* Calls back into the library during a run: everything but the same run is allowed. */
static void meddle(const swale_progress *now, int32_t *action, void *user) {
  struct meddler *self = user;
  double x[3] = {1, 2, 3}, value = 0;
  swale_result_t result = 0;
  *action = now->step < 100 ? SWALE_ACTION_CONTINUE : SWALE_ACTION_STOP;
  if (self->calls++ == 0) {
    REFUSED(SWALE_E_STATE, "busy", swale_solve("sgd", 0, self->objective, x, 3, self->run, &result));
    WORKS(swale_objective_value(self->objective, x, 3, &value, NULL));
    CHECK(value == 0.5 + 20 + 450);
    WORKS(swale_objective_destroy(self->objective));
    WORKS(swale_run_destroy(self->run));
    REFUSED(SWALE_E_HANDLE, "stale", swale_objective_value(self->objective, x, 3, &value, NULL));
  }
}

static void test_destroy_during_a_call(void) {
  struct meddler self = {make_bowl(), 0, 0};
  swale_result_t result = 0;
  self.run = endless_run(meddle, &self);
  WORKS(solve_for_ever(self.objective, self.run, &result));
  CHECK(scalar(result, "steps") == 100);
  WORKS(swale_result_destroy(result));
}

static swale_objective_t shared_bowl;

static void *solve_often(void *argument) {
  double *end = argument;
  for (int i = 0; i < 200; i++) {
    double x[3] = {1, 1, 1};
    swale_run_t run = make_run(20, NULL, NULL);
    swale_result_t result = 0;
    WORKS(swale_solve("lbfgs", 0, shared_bowl, x, 3, run, &result));
    swale_run_destroy(run);
    swale_result_destroy(result);
    memcpy(end, x, sizeof x);
  }
  return NULL;
}

static void test_two_threads_one_objective(void) {
  double end[2][3];
  pthread_t threads[2];
  shared_bowl = make_bowl();
  for (int i = 0; i < 2; i++) CHECK(pthread_create(&threads[i], NULL, solve_often, end[i]) == 0);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  CHECK(memcmp(end[0], end[1], sizeof end[0]) == 0);
  WORKS(swale_objective_destroy(shared_bowl));
}

static void stop_at_once(int32_t *action, void *user) {
  (void)action; /* preset to stop */
  *(int *)user += 1;
}

static void never_stop(int32_t *action, void *user) {
  *(int *)user += 1;
  *action = SWALE_ACTION_CONTINUE;
}

/* Two thousand million random signs, some seconds of work. */
static void test_interrupted_dataset(void) {
  int calls = 0;
  swale_dataset_t data = 0;
  swale_options_t options = 0;
  WORKS(swale_options_create(&options));
  WORKS(swale_options_set_int(options, "samples", 2000000));
  WORKS(swale_options_set_int(options, "features", 1000));
  WORKS(swale_set_interrupt(stop_at_once, &calls));
  double start = seconds();
  REFUSED(SWALE_E_INTERRUPTED, "interrupted", swale_dataset_create("random_patterns", options, 1, &data));
  CHECK(calls == 1 && data == 0 && seconds() - start < 1);
  /* What is short is never asked about, and what goes on is whole. */
  WORKS(swale_options_set_int(options, "samples", 100));
  WORKS(swale_dataset_create("random_patterns", options, 1, &data));
  CHECK(calls == 1);
  WORKS(swale_dataset_destroy(data));
  WORKS(swale_options_set_int(options, "samples", 300000));
  WORKS(swale_set_interrupt(never_stop, &calls));
  WORKS(swale_dataset_create("random_patterns", options, 1, &data));
  WORKS(swale_dataset_destroy(data));
  WORKS(swale_set_interrupt(NULL, NULL));
  WORKS(swale_options_destroy(options));
}

static void test_limits(void) {
  swale_objective_t bowl = make_bowl();
  swale_options_t options = without_history();
  swale_run_t run = 0;
  swale_result_t result = 0;
  double start = seconds();
  WORKS(swale_options_set_real(options, "max_seconds", 0.1));
  WORKS(swale_run_create(options, NULL, NULL, &run));
  WORKS(solve_for_ever(bowl, run, &result));
  CHECK(scalar(result, "reason") == SWALE_MAX_TIME && seconds() - start < 5);
  WORKS(swale_result_destroy(result));
  WORKS(swale_run_destroy(run));
  run = make_run(17, NULL, NULL);
  WORKS(solve_for_ever(bowl, run, &result));
  CHECK(scalar(result, "reason") == SWALE_MAX_STEPS && scalar(result, "steps") == 17);
  swale_array losses;
  WORKS(swale_result_array(result, "loss", &losses));
  CHECK(losses.ndim == 1 && losses.shape[0] == 17 && ((const double *)losses.data)[0] == 55.5);
  WORKS(swale_result_destroy(result));
  WORKS(swale_run_destroy(run));
  WORKS(swale_options_destroy(options));
  WORKS(swale_objective_destroy(bowl));
}

int main(void) {
  test_cancel_from_another_thread();
  test_silent_progress_stops();
  test_destroy_during_a_call();
  test_two_threads_one_objective();
  test_interrupted_dataset();
  test_limits();
  return finish("running");
}
