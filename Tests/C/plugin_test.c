/* Plugins: loading good and bad ones, their solvers in a run, and what a step costs. The folder of the fixtures is the
 * first argument. */
#include "check.h"

#include <dlfcn.h>

static char path_buffer[4096];

static const char *fixture(const char *folder, const char *name) {
  snprintf(path_buffer, sizeof path_buffer, "%s/%s.so", folder, name);
  return path_buffer;
}

/* How often the fixture's create or destroy was called. */
static int counter(const char *path, const char *symbol) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  int *value = library ? dlsym(library, symbol) : NULL;
  return value ? *value : -1;
}

static swale_status solve_steps(const char *solver, int64_t steps, swale_options_t options, double *x,
                                swale_result_t *result) {
  swale_objective_t bowl = make_bowl();
  swale_run_t run = make_run(steps, NULL, NULL);
  swale_status status = swale_solve(solver, options, bowl, x, 3, run, result);
  swale_run_destroy(run);
  swale_objective_destroy(bowl);
  return status;
}

static void test_good(const char *folder, const char *name) {
  double x[3] = {8, 8, 8};
  swale_result_t result = 0;
  WORKS(swale_plugin_load(fixture(folder, name)));
  REFUSED(SWALE_E_PLUGIN, "registered already", swale_plugin_load(fixture(folder, name)));
  WORKS(solve_steps(name, 3, 0, x, &result));
  CHECK(x[0] == 1 && x[2] == 1 && scalar(result, "reason") == SWALE_MAX_STEPS);
  WORKS(swale_result_destroy(result));
  swale_options_t options = with_real("factor", 3);
  REFUSED(SWALE_E_OPTION, "0 ... 2", solve_steps(name, 3, options, x, &result));
  WORKS(swale_options_set_real(options, "factor", 2));
  WORKS(solve_steps(name, 3, options, x, &result));
  CHECK(x[0] == 8);
  WORKS(swale_result_destroy(result));
  WORKS(swale_options_destroy(options));
  options = with_real("factr", 1);
  REFUSED(SWALE_E_OPTION, "factor", solve_steps(name, 3, options, x, &result));
  WORKS(swale_options_destroy(options));
  CHECK(counter(fixture(folder, name), "fixture_created") == 2);
  CHECK(counter(fixture(folder, name), "fixture_destroyed") == 2);
}

static void test_listed(const char *name) {
  swale_component_info info;
  swale_option_info option;
  int found = 0;
  info.struct_size = sizeof info;
  option.struct_size = sizeof option;
  for (int64_t i = 0; i < swale_component_count(SWALE_KIND_SOLVER); i++) {
    WORKS(swale_component(SWALE_KIND_SOLVER, i, &info));
    found += strcmp(info.name, name) == 0;
  }
  CHECK(found == 1);
  WORKS(swale_component_option(SWALE_KIND_SOLVER, name, 0, &option));
  CHECK(strcmp(option.name, "factor") == 0 && option.lowest == 0 && option.highest == 2);
}

static void test_refused(const char *folder) {
  REFUSED(SWALE_E_PLUGIN, "cannot load", swale_plugin_load("/no/such/file.so"));
  REFUSED(SWALE_E_PLUGIN, "cannot load", swale_plugin_load(fixture(folder, "text")));
  REFUSED(SWALE_E_PLUGIN, "swale_plugin_init_v1", swale_plugin_load(fixture(folder, "no_symbol")));
  REFUSED(SWALE_E_PLUGIN, "refused to initialise", swale_plugin_load(fixture(folder, "wrong_abi")));
  REFUSED(SWALE_E_PLUGIN, "too short", swale_plugin_load(fixture(folder, "short_struct")));
  REFUSED(SWALE_E_PLUGIN, "lacks", swale_plugin_load(fixture(folder, "no_step")));
  REFUSED(SWALE_E_PLUGIN, "name of option 0 is empty", swale_plugin_load(fixture(folder, "no_option_name")));
  REFUSED(SWALE_E_PLUGIN, "registered already", swale_plugin_load(fixture(folder, "duplicate")));
  REFUSED(SWALE_E_ARGUMENT, "path", swale_plugin_load(NULL));
  REFUSED(SWALE_E_ARGUMENT, "path", swale_plugin_load(""));
  REFUSED(SWALE_E_ARGUMENT, "NULL", swale_plugin_register(NULL));
}

static void test_failing(const char *folder) {
  double x[3] = {8, 8, 8};
  swale_result_t result = 0;
  WORKS(swale_plugin_load(fixture(folder, "failing_create")));
  REFUSED(SWALE_E_STATE, "cannot be created", solve_steps("failing_create", 3, 0, x, &result));
  CHECK(counter(fixture(folder, "failing_create"), "fixture_destroyed") == 0);
  WORKS(swale_plugin_load(fixture(folder, "failing_step")));
  REFUSED(SWALE_E_NONFINITE, "cannot step", solve_steps("failing_step", 3, 0, x, &result));
  CHECK(counter(fixture(folder, "failing_step"), "fixture_destroyed") == 1);
  WORKS(swale_plugin_load(fixture(folder, "silent_step")));
  REFUSED(SWALE_E_PLUGIN, "-5000", solve_steps("silent_step", 3, 0, x, &result));
  CHECK(x[0] == 8 && result == 0); /* what failed has changed nothing */
  WORKS(swale_plugin_load(fixture(folder, "nan_step")));
  WORKS(solve_steps("nan_step", 3, 0, x, &result));
  CHECK(scalar(result, "reason") == SWALE_DIVERGED && isfinite(x[0]));
  WORKS(swale_result_destroy(result));
  WORKS(swale_plugin_load(fixture(folder, "odd_reason")));
  REFUSED(SWALE_E_PLUGIN, "reason 12345", solve_steps("odd_reason", 3, 0, x, &result));
  WORKS(swale_plugin_load(fixture(folder, "misuse")));
  WORKS(solve_steps("misuse", 3, 0, x, &result));
  CHECK(scalar(result, "not_refused") == 0);
  WORKS(swale_result_destroy(result));
}

/* Heavy ball on the bowl against the recurrence written out, in the same order of operations. */
static void test_heavy_ball(const char *folder) {
  double x[3] = {1, 1, 1}, y[3] = {1, 1, 1}, v[3] = {0, 0, 0};
  const double diagonal[3] = {1, 10, 100};
  swale_result_t result = 0;
  swale_options_t options = with_real("learning_rate", 0.01);
  WORKS(swale_options_set_real(options, "momentum", 0.5));
  WORKS(swale_plugin_load(fixture(folder, "heavy_ball")));
  WORKS(solve_steps("heavy_ball", 50, options, x, &result));
  for (int k = 0; k < 50; k++) {
    for (int i = 0; i < 3; i++) {
      v[i] = 0.5 * v[i] - 0.01 * (diagonal[i] * y[i]);
      y[i] += v[i];
    }
  }
  for (int i = 0; i < 3; i++) CHECK(fabs(x[i] - y[i]) <= 1e-15); /* fused multiply-adds may differ in the last bits */
  WORKS(swale_result_destroy(result));
  WORKS(swale_options_destroy(options));
}

/* Printed, not checked. The aim is 200 ns; the step itself does next to nothing. */
static void print_step_cost(void) {
  enum { STEPS = 1000000 };
  swale_objective_t bowl = make_bowl();
  swale_options_t limits = 0, keep = with_real("factor", 1);
  swale_run_t run = 0;
  swale_result_t result = 0;
  double x[3] = {1, 1, 1};
  WORKS(swale_options_create(&limits));
  WORKS(swale_options_set_int(limits, "max_steps", STEPS));
  WORKS(swale_options_set_bool(limits, "history", 0));
  WORKS(swale_run_create(limits, NULL, NULL, &run));
  double start = seconds();
  WORKS(swale_solve("good", keep, bowl, x, 3, run, &result));
  printf("a plugin's step costs %.1f ns more than its own work\n", 1e9 * (seconds() - start) / STEPS);
  swale_result_destroy(result);
  swale_run_destroy(run);
  swale_options_destroy(limits);
  swale_options_destroy(keep);
  swale_objective_destroy(bowl);
}

int main(int argc, char **argv) {
  if (argc < 2) return fprintf(stderr, "usage: plugin_test FOLDER\n"), 2;
  test_good(argv[1], "good");
  test_good(argv[1], "old_struct");
  test_listed("good");
  test_refused(argv[1]);
  test_failing(argv[1]);
  test_heavy_ball(argv[1]);
  print_step_cost();
  return finish("plugin");
}
