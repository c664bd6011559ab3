/* Trains a two-layer network on two Gaussian clouds (or on a CSV file whose last column is the class), then finds the
 * sharpest directions of its loss.
 *
 *   gcc train.c -o train -I../../include -L../../.build/release -lswale -Wl,-rpath,$PWD/../../.build/release
 *   ./train [data.csv] */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <swale/swale.h>

/* Every call that can fail goes through this; the library's sentence says what was wrong and what is allowed. */
#define CHECK(call) \
  do if ((call) != SWALE_OK) return fprintf(stderr, "line %d: %s\n", __LINE__, swale_last_error()), 1; while (0)

static void show_progress(const swale_progress *now, int32_t *action, void *user) {
  (void)user;
  fprintf(stderr, "step %lld of %lld, loss %.4f\n", (long long)now->step, (long long)now->total_steps, now->value);
  *action = SWALE_ACTION_CONTINUE; /* not written: the run stops */
}

int main(int argc, char **argv) {
  swale_options_t source, hidden, output, training, curvature;
  swale_dataset_t data, scaled;
  CHECK(swale_options_create(&source));
  if (argc > 1) {
    CHECK(swale_options_set_text(source, "path", argv[1]));
  } else {
    CHECK(swale_options_set_int(source, "samples", 1000));
    CHECK(swale_options_set_int(source, "features", 20));
  }
  CHECK(swale_dataset_create(argc > 1 ? "csv" : "gaussian_mixture", source, 1, &data));
  CHECK(swale_dataset_transform(data, "standardize", 0, 0, &scaled));
  swale_dataset_info info = {0};
  info.struct_size = sizeof info;
  CHECK(swale_dataset_describe(scaled, &info));

  swale_model_t model;
  CHECK(swale_model_create(info.shape, info.ndim, &model));
  CHECK(swale_options_create(&hidden));
  CHECK(swale_options_set_int(hidden, "units", 32));
  CHECK(swale_options_set_text(hidden, "activation", "tanh"));
  CHECK(swale_model_add(model, "dense", hidden, NULL, NULL));
  CHECK(swale_options_create(&output));
  CHECK(swale_options_set_int(output, "units", info.class_count > 0 ? info.class_count : info.target_width));
  CHECK(swale_model_add(model, "dense", output, NULL, NULL));

  int64_t count;
  swale_objective_t loss; /* cross entropy is the default */
  CHECK(swale_model_size(model, &count, NULL));
  CHECK(swale_objective_create("network", 0, model, scaled, &loss));
  double *x = malloc((size_t)count * sizeof *x);
  if (x == NULL) return 1;
  CHECK(swale_objective_initialize(loss, "he", 0, 7, x, count));

  swale_run_t run;
  swale_result_t trained, top;
  swale_array eigenvalues;
  double value, error;
  CHECK(swale_run_create(0, show_progress, NULL, &run));
  CHECK(swale_options_create(&training));
  CHECK(swale_options_set_real(training, "learning_rate", 0.1));
  CHECK(swale_options_set_real(training, "momentum", 0.9));
  CHECK(swale_options_set_int(training, "batch_size", 50));
  CHECK(swale_options_set_int(training, "epochs", 20));
  CHECK(swale_solve("sgd", training, loss, x, count, run, &trained));
  CHECK(swale_result_scalar(trained, "fun", &value));
  CHECK(swale_result_scalar(trained, "error", &error));
  printf("%lld parameters, loss %.6f, error %.4f\n", (long long)count, value, error);

  CHECK(swale_options_create(&curvature));
  CHECK(swale_options_set_int(curvature, "k", 3));
  CHECK(swale_measure("hessian_top", curvature, loss, x, 1, count, run, &top));
  CHECK(swale_result_array(top, "eigenvalues", &eigenvalues));
  for (int i = 0; i < 3; i++) printf("eigenvalue %d: %.6g\n", i + 1, ((const double *)eigenvalues.data)[i]);

  free(x);
  CHECK(swale_result_destroy(top)); /* the rest goes with the process */
  return 0;
}
