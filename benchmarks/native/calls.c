/* What calls cost: a call that does nothing, a step of a plugin's solver, and allocations per step of the built-in
 * solvers. Linked against libswale.so; its own malloc family counts and forwards. Prints JSON lines. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <swale/plugin.h>
#include <swale/swale.h>
#include <time.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static volatile int64_t allocations;

void *malloc(size_t size) { return allocations++, __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return allocations++, __libc_calloc(count, size); }
void *realloc(void *old, size_t size) { return allocations++, __libc_realloc(old, size); }
void *aligned_alloc(size_t alignment, size_t size) { return allocations++, __libc_memalign(alignment, size); }
void *memalign(size_t alignment, size_t size) { return allocations++, __libc_memalign(alignment, size); }
int posix_memalign(void **out, size_t alignment, size_t size) {
  allocations++;
  *out = __libc_memalign(alignment, size);
  return *out ? 0 : 12;
}

static void check(swale_status status, const char *what) {
  if (status == SWALE_OK) return;
  fprintf(stderr, "calls: %s: %s\n", what, swale_last_error());
  exit(1);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *x, const void *y) {
  double p = *(const double *)x, q = *(const double *)y;
  return (p > q) - (p < q);
}

/* Median over 15 rounds of nanoseconds per repetition of STATEMENT. */
#define MEASURE(NAME, REPEATS, STATEMENT)                                                              \
  do {                                                                                                 \
    double times[15];                                                                                  \
    for (int r = 0; r < 15; r++) {                                                                     \
      double begin = now();                                                                            \
      for (int64_t k = 0; k < (REPEATS); k++) { STATEMENT; }                                           \
      times[r] = 1e9 * (now() - begin) / (double)(REPEATS);                                            \
    }                                                                                                  \
    qsort(times, 15, sizeof *times, ascending);                                                        \
    printf("{\"task\": \"calls\", \"case\": \"%s\", \"ns\": %.1f, \"least\": %.1f}\n", NAME, times[7], times[0]); \
  } while (0)

static swale_status idle_create(const swale_host *host, swale_job *job, int64_t count, void **state) {
  (void)host, (void)job, (void)count;
  *state = NULL;
  return SWALE_OK;
}
static swale_status idle_step(const swale_host *host, swale_job *job, void *state, double *x, int64_t count,
                              swale_reason *reason) {
  (void)host, (void)job, (void)state, (void)x, (void)count, (void)reason;
  return SWALE_OK;
}
static void idle_destroy(void *state) { (void)state; }

static const swale_solver_plugin idle = {
    .struct_size = sizeof(swale_solver_plugin), .needs = SWALE_CAN_VALUE, .name = "benchmark_idle",
    .summary = "Does nothing in every step.", .reference = "", .create = idle_create, .step = idle_step,
    .destroy = idle_destroy};

static swale_status idle_init(const swale_registrar *registrar) {
  return registrar->solver(registrar->registry, &idle);
}

static void bowl(const double *x, int64_t count, double *value, double *gradient, swale_status *status, void *user) {
  (void)user;
  double sum = 0;
  for (int64_t i = 0; i < count; i++) {
    sum += 0.5 * x[i] * x[i];
    if (gradient) gradient[i] = x[i];
  }
  *value = sum;
  *status = SWALE_OK;
}

static swale_run_t run_of(int64_t steps) {
  swale_options_t bag;
  swale_run_t run;
  check(swale_options_create(&bag), "options");
  check(swale_options_set_bool(bag, "history", 0), "history");
  check(swale_options_set_bool(bag, "final_evaluation", 0), "final_evaluation");
  check(swale_options_set_int(bag, "max_steps", steps), "max_steps");
  check(swale_run_create(bag, NULL, NULL, &run), "run");
  check(swale_options_destroy(bag), "options");
  return run;
}

/* Runs a solver and returns the steps it took. */
static double solve(const char *solver, swale_options_t options, swale_objective_t objective, swale_run_t run,
                    double *x, int64_t count) {
  swale_result_t result;
  double steps = 0;
  check(swale_solve(solver, options, objective, x, count, run, &result), solver);
  check(swale_result_scalar(result, "steps", &steps), "steps");
  check(swale_result_destroy(result), "result");
  return steps;
}

/* Nanoseconds of one step: long run minus short run, so that creating and reporting drop out. */
static void plugin_step(swale_objective_t objective) {
  double x[2] = {1, 1}, times[15];
  swale_run_t brief = run_of(1000), lengthy = run_of(1001000);
  for (int r = 0; r < 15; r++) {
    double begin = now();
    double few = solve("benchmark_idle", 0, objective, brief, x, 2);
    double middle = now();
    double many = solve("benchmark_idle", 0, objective, lengthy, x, 2);
    times[r] = 1e9 * ((now() - middle) - (middle - begin)) / (many - few);
  }
  qsort(times, 15, sizeof *times, ascending);
  printf("{\"task\": \"calls\", \"case\": \"plugin-step\", \"ns\": %.1f, \"least\": %.1f}\n", times[7], times[0]);
}

static swale_objective_t network(const char *precision) {
  enum { N = 96, D = 16 };
  static float inputs[N * D];
  static int32_t labels[N];
  for (int i = 0; i < N * D; i++) inputs[i] = (float)((i * 2654435761u >> 16) % 1000) / 1000.0f;
  for (int i = 0; i < N; i++) labels[i] = i % 4;
  swale_array x = {.data = inputs, .dtype = SWALE_F32, .ndim = 2, .shape = {N, D}};
  swale_array y = {.data = labels, .dtype = SWALE_I32, .ndim = 1, .shape = {N}};
  swale_dataset_t data;
  swale_model_t model;
  swale_objective_t objective;
  swale_options_t bag;
  int64_t shape[1] = {D};
  check(swale_dataset_from_arrays(&x, &y, &data), "data");
  check(swale_model_create(shape, 1, &model), "model");
  check(swale_options_create(&bag), "options");
  check(swale_options_set_int(bag, "units", 8), "units");
  check(swale_options_set_text(bag, "activation", "tanh"), "activation");
  check(swale_model_add(model, "dense", bag, NULL, NULL), "dense");
  check(swale_options_set_int(bag, "units", 4), "units");
  check(swale_options_set_text(bag, "activation", "linear"), "activation");
  check(swale_model_add(model, "dense", bag, NULL, NULL), "dense");
  check(swale_options_destroy(bag), "options");
  check(swale_options_create(&bag), "options");
  check(swale_options_set_text(bag, "precision", precision), "precision");
  check(swale_objective_create("network", bag, model, data, &objective), "objective");
  check(swale_options_destroy(bag), "options");
  check(swale_model_destroy(model), "model");
  check(swale_dataset_destroy(data), "data");
  return objective;
}

/* Calls of the malloc family per step: (those of a long run - those of a short run) / more steps. */
static void allocations_per_step(const char *solver, const char *precision) {
  swale_objective_t objective = network(precision);
  swale_options_t bag;
  enum { D = 16 * 8 + 8 + 8 * 4 + 4 };
  double start[D], x[D], steps[2];
  int64_t calls[2];
  int training = strcmp(solver, "sgd") == 0 || strcmp(solver, "adam") == 0;
  check(swale_objective_initialize(objective, NULL, 0, 1, start, D), "initialize");
  for (int turn = -1; turn < 2; turn++) { /* turn -1 warms up */
    int64_t wanted = turn == 1 ? (training ? 3000 : 60) : (training ? 1000 : 20);
    check(swale_options_create(&bag), "options");
    if (training) check(swale_options_set_int(bag, "batch_size", 32), "batch_size");
    swale_run_t run = run_of(wanted);
    memcpy(x, start, sizeof x);
    int64_t before = allocations;
    double taken = solve(solver, bag, objective, run, x, D);
    if (turn >= 0) calls[turn] = allocations - before, steps[turn] = taken;
    check(swale_run_destroy(run), "run");
    check(swale_options_destroy(bag), "options");
  }
  double more = steps[1] - steps[0];
  printf("{\"task\": \"calls\", \"case\": \"allocations-%s-%s\", \"per_step\": %.4f, \"steps\": %.0f}\n", solver,
         precision, more > 0 ? (double)(calls[1] - calls[0]) / more : -1.0, more);
  check(swale_objective_destroy(objective), "objective");
}

int main(void) {
  check(swale_set_threads(1), "threads");
  MEASURE("swale_version", 10000000, swale_version());
  MEASURE("swale_options_destroy(0)", 10000000, swale_options_destroy(0));

  swale_callbacks table = {
      .struct_size = sizeof table, .gradient_available = 1, .dimension = 2, .value = bowl};
  swale_objective_t objective;
  check(swale_objective_from_callbacks(&table, &objective), "callbacks");
  swale_objective_info info = {.struct_size = sizeof info};
  double x[2] = {1, 1}, value;
  MEASURE("swale_objective_describe", 1000000, swale_objective_describe(objective, &info));
  MEASURE("swale_objective_value (2 parameters, C callback)", 1000000,
          swale_objective_value(objective, x, 2, &value, NULL));
  check(swale_plugin_register(idle_init), "plugin");
  plugin_step(objective);
  fflush(stdout);
  static const char *const solvers[] = {"sgd", "adam", "lbfgs", "newton_cg"};
  for (int k = 0; k < 4; k++) {
    allocations_per_step(solvers[k], "f32");
    allocations_per_step(solvers[k], "f64");
  }
  return 0;
}
