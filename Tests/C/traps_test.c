/* A host that traps floating-point exceptions: no solver and no metric raises one on ordinary input. Every case runs
 * in a child process of its own, which SIGFPE would end; with arguments, name and landscape, one case runs here. Then
 * a host that rounds otherwise: the same bits, and its environment is as it left it. */
#define _GNU_SOURCE
#include "check.h"

#include <fenv.h>
#include <sys/wait.h>
#include <unistd.h>

enum { landscapes = 10 };

static const char *const names[landscapes] = {
    "quadratic", "rosenbrock", "network", "network_f32", "regression", "perceptron", "committee", "spherical",
    "smooth", "none",
};

static swale_dataset_t make_data(const char *source, int64_t samples, int64_t features) {
  swale_options_t options = 0;
  swale_dataset_t data = 0;
  WORKS(swale_options_create(&options));
  WORKS(swale_options_set_int(options, "samples", samples));
  WORKS(swale_options_set_int(options, "features", features));
  WORKS(swale_dataset_create(source, options, 1, &data));
  swale_options_destroy(options);
  return data;
}

static swale_objective_t make_network(const char *loss, const char *activation, const char *precision) {
  const int64_t shape[1] = {6};
  swale_model_t model = 0;
  swale_options_t hidden = 0, output = 0, options = 0;
  swale_objective_t network = 0;
  WORKS(swale_model_create(shape, 1, &model));
  WORKS(swale_options_create(&hidden));
  WORKS(swale_options_set_int(hidden, "units", 5));
  WORKS(swale_options_set_text(hidden, "activation", activation));
  WORKS(swale_model_add(model, "dense", hidden, NULL, NULL));
  WORKS(swale_options_create(&output));
  WORKS(swale_options_set_int(output, "units", 1));
  WORKS(swale_model_add(model, "dense", output, NULL, NULL));
  WORKS(swale_options_create(&options));
  WORKS(swale_options_set_text(options, "loss", loss));
  WORKS(swale_options_set_text(options, "precision", precision));
  WORKS(swale_objective_create("network", options, model, make_data("gaussian_mixture", 60, 6), &network));
  return network;
}

static swale_objective_t make_device(const char *name, const char *weights, const char *loss) {
  swale_options_t options = 0;
  swale_objective_t device = 0;
  WORKS(swale_options_create(&options));
  WORKS(swale_options_set_text(options, "weights", weights));
  WORKS(swale_options_set_text(options, "loss", loss));
  if (strcmp(name, "committee") == 0) WORKS(swale_options_set_int(options, "hidden", 3));
  WORKS(swale_objective_create(name, options, 0, make_data("random_patterns", 10, 15), &device));
  return device;
}

static swale_objective_t make_landscape(int index) {
  swale_objective_t objective = 0;
  switch (index) {
  case 0: return make_bowl();
  case 1:
    WORKS(swale_objective_create("rosenbrock", 0, 0, 0, &objective));
    return objective;
  case 2: return make_network("cross_entropy", "tanh", "f64");
  case 3: return make_network("cross_entropy", "relu", "f32");
  case 4: return make_network("mse", "sigmoid", "f64");
  case 5: return make_device("perceptron", "binary", "error_count");
  case 6: return make_device("committee", "binary", "error_count");
  case 7: return make_device("perceptron", "spherical", "error_count");
  case 8: return make_device("perceptron", "binary", "cross_entropy");
  default: return 0;
  }
}

/* One component on one landscape; what it refuses in words is no case. 1 when it ran. */
static int run_case(swale_kind kind, const swale_component_info *info, int index) {
  swale_objective_t objective = make_landscape(index);
  swale_options_t limits = with_real("max_seconds", 2);
  swale_run_t run = 0;
  swale_result_t result = 0;
  swale_status status = SWALE_OK;
  int64_t count = 0;
  WORKS(swale_options_set_int(limits, "max_steps", 30));
  WORKS(swale_run_create(limits, NULL, NULL, &run));
  if (objective != 0) {
    swale_objective_info described = {0};
    described.struct_size = sizeof described;
    WORKS(swale_objective_describe(objective, &described));
    count = described.dimension;
  }
  int64_t points = info->points_min > 1 ? info->points_min : 1;
  double *x = calloc((size_t)(points * count + 1), sizeof *x);
  if (x == NULL) return 0;
  for (int64_t i = 0; i < points * count; i++)
    x[i] = index >= 5 ? (i * 7 % 3 == 0 ? 1 : -1) : 0.3 * sin(1.0 + (double)i);
  feclearexcept(FE_ALL_EXCEPT);
  feenableexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW);
  if (kind == SWALE_KIND_SOLVER)
    status = objective == 0 ? SWALE_E_ARGUMENT : swale_solve(info->name, 0, objective, x, count, run, &result);
  else
    status = swale_measure(info->name, 0, objective, info->points_min > 0 ? x : NULL, info->points_min, count, run,
                           &result);
  fedisableexcept(FE_ALL_EXCEPT);
  free(x);
  return status == SWALE_OK;
}

/* A short training of a network, from the same point every time. */
static void train(swale_objective_t network, double *x, int64_t count) {
  swale_options_t options = with_real("learning_rate", 0.1);
  swale_result_t result = 0;
  for (int64_t i = 0; i < count; i++) x[i] = 0.25 * (double)(i % 7) - 0.75; /* exact in every mode */
  WORKS(swale_options_set_int(options, "epochs", 5));
  WORKS(swale_options_set_int(options, "batch_size", 8));
  WORKS(swale_solve("sgd", options, network, x, count, 0, &result));
  WORKS(swale_result_destroy(result));
  WORKS(swale_options_destroy(options));
}

static void test_environment_of_the_host(void) {
  enum { room = 200 };
  const int modes[3] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
  double plain[room], x[room];
  swale_objective_info info = {0};
  info.struct_size = sizeof info;
  for (int which = 2; which <= 3; which++) {
    swale_objective_t network = make_landscape(which);
    WORKS(swale_objective_describe(network, &info));
    CHECK(info.dimension <= room);
    train(network, plain, info.dimension);
    for (int i = 0; i < 3; i++) {
      fesetround(modes[i]);
      feclearexcept(FE_ALL_EXCEPT);
      feraiseexcept(FE_DIVBYZERO);
      train(network, x, info.dimension);
      CHECK(fegetround() == modes[i]);
      CHECK(fetestexcept(FE_INVALID | FE_OVERFLOW) == 0 && fetestexcept(FE_DIVBYZERO) != 0);
      fesetround(FE_TONEAREST);
      CHECK(memcmp(x, plain, (size_t)info.dimension * sizeof *x) == 0);
    }
    /* A call that is refused gives the environment back too. */
    fesetround(FE_UPWARD);
    CHECK(swale_solve("sgd", 0, network, x, 1, 0, NULL) != SWALE_OK);
    CHECK(fegetround() == FE_UPWARD);
    fesetround(FE_TONEAREST);
    WORKS(swale_objective_destroy(network));
  }
}

static int component(swale_kind kind, int64_t index, swale_component_info *info) {
  memset(info, 0, sizeof *info);
  info->struct_size = sizeof *info;
  return index < swale_component_count(kind) && swale_component(kind, index, info) == SWALE_OK;
}

int main(int argc, char **argv) {
  const swale_kind kinds[2] = {SWALE_KIND_SOLVER, SWALE_KIND_METRIC};
  swale_component_info info;
  int ran = 0;
  for (int k = 0; k < 2; k++)
    for (int64_t i = 0; component(kinds[k], i, &info); i++)
      for (int index = 0; index < landscapes; index++) {
        if (argc > 2) {
          if (strcmp(info.name, argv[1]) == 0 && strcmp(names[index], argv[2]) == 0)
            return !run_case(kinds[k], &info, index);
          continue;
        }
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
          checks_failed = 0; /* of the other cases */
          int done = run_case(kinds[k], &info, index);
          fflush(stdout);
          _exit(checks_failed > 0 ? 2 : done ? 0 : 1);
        }
        int ended = 0;
        waitpid(child, &ended, 0);
        if (!check_at(__LINE__, "a case raises no exception", WIFEXITED(ended) && WEXITSTATUS(ended) < 2))
          printf("  %s on %s\n", info.name, names[index]);
        if (WIFEXITED(ended) && WEXITSTATUS(ended) == 0) ran++;
      }
  test_environment_of_the_host();
  printf("%d cases ran\n", ran);
  CHECK(ran >= 100);
  return finish("traps");
}
