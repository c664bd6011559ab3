/* Stores random patterns in a perceptron with binary weights, twice: by reinforced belief propagation, and by a solver
 * of the program's own, the plugin ../plugins/clipped_perceptron.c, which is linked in. Then compares how flat the two
 * solutions are.
 *
 *   gcc bp_from_c.c ../plugins/clipped_perceptron.c -o bp_from_c -I../../include -L../../.build/release -lswale \
 *       -Wl,-rpath,$PWD/../../.build/release
 *   ./bp_from_c [weights] [patterns] */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <swale/plugin.h>
#include <swale/swale.h>

swale_status swale_plugin_init_v1(const swale_registrar *registrar);

#define CHECK(call) \
  do if ((call) != SWALE_OK) return fprintf(stderr, "line %d: %s\n", __LINE__, swale_last_error()), 1; while (0)

/* Runs a solver from w for ten seconds at most, prints what it found, and the share of wrong patterns after flipping 2 % of its weights. */
static int run(const char *solver, swale_options_t options, swale_objective_t perceptron, double *w, int64_t count) {
  swale_result_t found, flatness;
  swale_options_t limits, noise;
  swale_run_t limited;
  swale_array risen;
  double fun, steps, seconds, distance = 0.02;
  CHECK(swale_options_create(&limits));
  CHECK(swale_options_set_real(limits, "max_seconds", 10));
  CHECK(swale_run_create(limits, NULL, NULL, &limited));
  CHECK(swale_solve(solver, options, perceptron, w, count, limited, &found));
  CHECK(swale_result_scalar(found, "fun", &fun));
  CHECK(swale_result_scalar(found, "steps", &steps));
  CHECK(swale_result_scalar(found, "seconds", &seconds));
  CHECK(swale_options_create(&noise));
  CHECK(swale_options_set_text(noise, "noise", "flips"));
  CHECK(swale_options_set_reals(noise, "distances", &distance, 1));
  CHECK(swale_measure("local_energy", noise, perceptron, w, 1, count, 0, &flatness));
  CHECK(swale_result_array(flatness, "error_at_distance", &risen));
  printf("%-20s errors %3.0f, %5.0f steps, %8.4f s, errors with 2 %% of the weights flipped: %.2f %%\n", solver, fun,
         steps, seconds, 100 * ((const double *)risen.data)[0]);
  fflush(stdout);
  swale_result_destroy(found);
  swale_result_destroy(flatness);
  swale_options_destroy(noise);
  swale_options_destroy(limits);
  swale_run_destroy(limited);
  return fun > 0;
}

int main(int argc, char **argv) {
  int64_t count = argc > 1 ? strtoll(argv[1], NULL, 10) : 1001;
  int64_t patterns = argc > 2 ? strtoll(argv[2], NULL, 10) : 200;
  swale_options_t source, passing;
  swale_dataset_t data;
  swale_objective_t perceptron; /* the number of misclassified patterns */
  CHECK(swale_plugin_register(swale_plugin_init_v1));
  CHECK(swale_options_create(&source));
  CHECK(swale_options_set_int(source, "features", count));
  CHECK(swale_options_set_int(source, "samples", patterns));
  CHECK(swale_dataset_create("random_patterns", source, 1, &data));
  CHECK(swale_objective_create("perceptron", 0, 0, data, &perceptron));

  double *w = malloc((size_t)count * sizeof *w);
  if (w == NULL) return 1;
  CHECK(swale_options_create(&passing));
  CHECK(swale_options_set_real(passing, "reinforcement", 0.005));
  CHECK(swale_objective_initialize(perceptron, "binary", 0, 1, w, count));
  int failed = run("belief_propagation", passing, perceptron, w, count);
  CHECK(swale_objective_initialize(perceptron, "binary", 0, 1, w, count));
  failed += run("clipped_perceptron", 0, perceptron, w, count);
  free(w);
  return failed;
}
