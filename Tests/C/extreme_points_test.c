/* Every solver, every metric and every call of an oracle at points, vectors and data of extreme but finite size:
 * squares that overflow, differences that are subnormal, numbers that fit no integer. What comes out may be a refusal
 * or a run that diverged; the host lives. */
#include "child.h"
#include "landscapes.h"

#include <float.h>

static const double sizes[] = {1e308, -1e308, DBL_MAX, 1e200, -1e154, 1e39, -3.4e38, 1e19, 9007199254740993.0, 5e-324,
                               -5e-324, 1e-310, 1e-200, 1e-160, 1e-45, -0.0, 0.0};
enum { SIZES = sizeof sizes / sizeof *sizes, PATTERNS = 4 };

static const char *const patterns[PATTERNS] = {"all", "first", "alternating signs", "point times"};

/* The landscape's own point, changed: all elements of one size, the first one, alternating signs, or multiplied. */
static void extreme(double *x, const struct landscape *at, double size, int pattern) {
  for (int64_t i = 0; i < at->info.dimension; i++) {
    const double own = at->x[i];
    const double choices[PATTERNS] = {size, i == 0 ? size : own, i % 2 ? -size : size, own * size};
    x[i] = choices[pattern];
    if (!isfinite(x[i])) x[i] = copysign(DBL_MAX, own);
  }
}

static swale_run_t short_run(void) {
  swale_options_t options = 0;
  swale_run_t run = 0;
  WORKS(swale_options_create(&options));
  WORKS(swale_options_set_real(options, "max_seconds", 0.01));
  WORKS(swale_options_set_int(options, "max_steps", 25));
  WORKS(swale_run_create(options, NULL, NULL, &run));
  WORKS(swale_options_destroy(options));
  return run;
}

static void judge(swale_status status) { CHECK(status <= 0 && status != SWALE_E_INTERNAL); }

static void call_oracle(const struct landscape *at, const double *x, const double *v) {
  enum { ROOM_OF_OUTPUTS = 2 * MOST_PARAMETERS * 16 };
  static double out[ROOM_OF_OUTPUTS], other[ROOM_OF_OUTPUTS];
  const int64_t n = at->info.dimension;
  double value;
  judge(swale_objective_value(at->objective, x, n, &value, out));
  judge(swale_objective_evaluate(at->objective, x, n, &value, out));
  judge(swale_objective_hvp(at->objective, x, v, n, 2, out));
  judge(swale_objective_gauss_newton(at->objective, x, v, n, 2, out));
  for (int i = 0; i < ROOM_OF_OUTPUTS; i++) other[i] = v[i % n];
  judge(swale_objective_outputs(at->objective, x, n, out));
  judge(swale_objective_jvp(at->objective, x, v, n, 2, out));
  judge(swale_objective_vjp(at->objective, x, other, n, 2, out));
  judge(swale_objective_sample_gradients(at->objective, x, n, 0, 2, out));
  swale_objective_t frozen = 0;
  if (swale_objective_freeze(at->objective, "dense_1", x, n, &frozen) == SWALE_OK) {
    judge(swale_objective_value(frozen, x, 0, &value, NULL));
    WORKS(swale_objective_destroy(frozen));
  }
}

/* All solvers and metrics at x (and at another point behind it). */
static void call_components(const struct landscape *at, const double *x, const char *what) {
  const int64_t n = at->info.dimension;
  for (swale_kind kind = SWALE_KIND_SOLVER; kind <= SWALE_KIND_METRIC; kind++) {
    for (int64_t i = 0; i < swale_component_count(kind); i++) {
      swale_component_info info = {.struct_size = sizeof info};
      double copy[2 * MOST_PARAMETERS];
      WORKS(swale_component(kind, i, &info));
      const int64_t needs = info.needs & ~(int64_t)SWALE_IS_STOCHASTIC;
      if ((at->info.capabilities & needs) != needs || (kind == SWALE_KIND_METRIC && info.points_max == 0)) continue;
      for (int64_t points = 1; points <= 2; points++) {
        if (points == 2 && (kind == SWALE_KIND_SOLVER || info.points_max < 2)) continue;
        if (!begin_case("%s of %s at %d points %s", info.name, at->name, (int)points, what)) continue;
        swale_run_t run = short_run();
        swale_result_t result = 0;
        memcpy(copy, x, sizeof copy);
        judge(kind == SWALE_KIND_SOLVER ? swale_solve(info.name, 0, at->objective, copy, n, run, &result)
                                        : swale_measure(info.name, 0, at->objective, copy, points, n, run, &result));
        WORKS(swale_result_destroy(result));
        WORKS(swale_run_destroy(run));
      }
    }
  }
}

static void extreme_points(void) {
  make_landscapes();
  for (int i = 0; i < landscape_count; i++) {
    const struct landscape *at = &landscapes[i];
    for (int s = 0; s < SIZES; s++) {
      for (int pattern = 0; pattern < PATTERNS; pattern++) {
        char what[128];
        double x[2 * MOST_PARAMETERS], v[2 * MOST_PARAMETERS];
        extreme(x, at, sizes[s], pattern);
        memcpy(x + at->info.dimension, at->x, (size_t)at->info.dimension * sizeof *x);
        memcpy(v, x, sizeof v);
        snprintf(what, sizeof what, "with %s %g", patterns[pattern], sizes[s]);
        if (begin_case("oracle of %s at points %s", at->name, what)) call_oracle(at, x, v);
        if (begin_case("oracle of %s, vectors %s", at->name, what)) call_oracle(at, at->x, v);
        call_components(at, x, what);
      }
    }
  }
}

/* The same calls at ordinary points, on data of extreme size. */
static void extreme_data(void) {
  for (int s = 0; s < SIZES; s++) {
    char what[128];
    swale_dataset_t labelled = make_labelled(sizes[s] / 2), signs = 0;
    swale_options_t options = 0;
    const double diagonal[3] = {sizes[s], -sizes[s], 1};
    swale_objective_t bowl = 0;
    snprintf(what, sizeof what, "on data of size %g", sizes[s]);
    landscape_count = 0;
    add_network("network", labelled, "f64");
    add_network("network in f32", labelled, "f32");
    WORKS(swale_options_create(&options));
    WORKS(swale_options_set_ints(options, "classes", (const int64_t[]){0, 1}, 2));
    if (swale_dataset_transform(labelled, "select_classes", options, 0, &signs) == SWALE_OK) {
      add_device("real perceptron", "perceptron", signs, 0, "gaussian",
                 SETTINGS("weights", "real", "loss", "logistic"));
      add_device("spherical perceptron", "perceptron", signs, 0, "gaussian", SETTINGS("weights", "spherical"));
      add_device("mixture", "gaussian_mixture", signs, 0, "gaussian", SETTINGS("precision", "f32"));
    }
    WORKS(swale_options_destroy(options));
    WORKS(swale_options_create(&options));
    WORKS(swale_options_set_reals(options, "diagonal", diagonal, 3));
    if (swale_objective_create("quadratic", options, 0, 0, &bowl) == SWALE_OK) add_landscape("bowl", bowl, "gaussian");
    WORKS(swale_options_destroy(options));
    for (int i = 0; i < landscape_count; i++) {
      double x[2 * MOST_PARAMETERS];
      for (int64_t k = 0; k < 2 * landscapes[i].info.dimension; k++)
        x[k] = landscapes[i].x[k % landscapes[i].info.dimension] * (k < landscapes[i].info.dimension ? 1 : -0.5);
      if (begin_case("oracle of %s %s", landscapes[i].name, what)) call_oracle(&landscapes[i], x, x);
      call_components(&landscapes[i], x, what);
    }
    for (int i = 0; i < landscape_count; i++) WORKS(swale_objective_destroy(landscapes[i].objective));
    WORKS(swale_dataset_destroy(labelled));
    WORKS(swale_dataset_destroy(signs));
  }
}

int main(void) {
  run_in_children("extreme points", extreme_points, ROOM);
  run_in_children("extreme data", extreme_data, ROOM);
  return finish("extreme_points");
}
