/* Per-sample losses and gradients, activations, options checked before they are used, layers refused where they are
 * added: the numbers of a problem that can be done by hand. */
#include "check.h"

/* Two samples (1, 2) and (3, -1) with targets 1 and 0, a linear model, mse, l2 = 0.5. */
static swale_objective_t make_line(void) {
  static const double inputs[4] = {1, 2, 3, -1}, targets[2] = {1, 0};
  swale_array x = {.data = inputs, .dtype = SWALE_F64, .ndim = 2, .shape = {2, 2}};
  swale_array y = {.data = targets, .dtype = SWALE_F64, .ndim = 1, .shape = {2}};
  const int64_t width = 2;
  swale_dataset_t data = 0;
  swale_model_t model = 0;
  swale_options_t options = 0;
  swale_objective_t line = 0;
  WORKS(swale_dataset_from_arrays(&x, &y, &data));
  WORKS(swale_model_create(&width, 1, &model));
  WORKS(swale_options_create(&options));
  WORKS(swale_options_set_bool(options, "bias", 0));
  WORKS(swale_model_add(model, "dense", options, "head", NULL));
  WORKS(swale_options_destroy(options));
  WORKS(swale_options_create(&options));
  WORKS(swale_options_set_text(options, "loss", "mse"));
  WORKS(swale_options_set_real(options, "l2", 0.5));
  WORKS(swale_objective_create("network", options, model, data, &line));
  WORKS(swale_options_destroy(options));
  WORKS(swale_model_destroy(model));
  WORKS(swale_dataset_destroy(data));
  return line;
}

static int near(const double *found, const double *expected, int n) {
  for (int i = 0; i < n; i++)
    if (!(fabs(found[i] - expected[i]) < 1e-14)) return 0;
  return 1;
}

static void test_numbers_by_hand(void) {
  const double theta[2] = {0.3, 0.2}, identity[4] = {1, 0, 0, 1};
  double out[4] = {7, 7, 7, 7};
  int64_t width = 0;
  swale_objective_t line = make_line();
  WORKS(swale_objective_gauss_newton(line, theta, identity, 2, 2, out));
  CHECK(near(out, (const double[]){5, -0.5, -0.5, 2.5}, 4));
  WORKS(swale_objective_sample_gradients(line, theta, 2, 0, 2, out));
  CHECK(near(out, (const double[]){-0.3, -0.6, 2.1, -0.7}, 4));
  WORKS(swale_objective_sample_losses(line, theta, 2, 0, 2, out));
  CHECK(near(out, (const double[]){0.045, 0.245}, 2));
  WORKS(swale_objective_sample_losses(line, theta, 2, 1, 1, out));
  CHECK(near(out, (const double[]){0.245}, 1));
  WORKS(swale_objective_activations(line, theta, 2, "head", &width, NULL));
  CHECK(width == 1);
  WORKS(swale_objective_activations(line, theta, 2, "head", NULL, out));
  CHECK(near(out, (const double[]){0.7, 0.7}, 2));
  /* No samples are no failure, samples that are not there are one, and neither writes. */
  out[0] = 7;
  WORKS(swale_objective_sample_losses(line, theta, 2, 2, 0, out));
  WORKS(swale_objective_sample_gradients(line, theta, 2, 0, 0, out));
  REFUSED(SWALE_E_ARGUMENT, "there are 2", swale_objective_sample_losses(line, theta, 2, 1, 2, out));
  REFUSED(SWALE_E_ARGUMENT, "there are 2", swale_objective_sample_gradients(line, theta, 2, 0, INT64_C(1) << 40, out));
  REFUSED(SWALE_E_NAME, "did you mean 'head'", swale_objective_activations(line, theta, 2, "heat", &width, out));
  REFUSED(SWALE_E_ARGUMENT, "'layer' is NULL", swale_objective_activations(line, theta, 2, NULL, &width, out));
  CHECK(out[0] == 7);
  WORKS(swale_objective_destroy(line));
  swale_objective_t bowl = make_bowl();
  const double x[3] = {0, 0, 0};
  REFUSED(SWALE_E_UNSUPPORTED, "per-sample losses", swale_objective_sample_losses(bowl, x, 3, 0, 1, out));
  REFUSED(SWALE_E_UNSUPPORTED, "no layers", swale_objective_activations(bowl, x, 3, "head", &width, NULL));
  WORKS(swale_objective_destroy(bowl));
}

static void test_options_are_checked_where_they_are_given(void) {
  const int64_t width = 2;
  swale_options_t options = 0;
  swale_model_t model = 0;
  WORKS(swale_options_create(&options));
  WORKS(swale_options_set_text(options, "activation", "reluu"));
  REFUSED(SWALE_E_OPTION, "is reluu, allowed linear", swale_options_check(options, SWALE_KIND_LAYER, "dense"));
  WORKS(swale_model_create(&width, 1, &model));
  REFUSED(SWALE_E_OPTION, "is reluu, allowed linear", swale_model_add(model, "dense", options, NULL, NULL));
  WORKS(swale_options_set_text(options, "activation", "gelu_tanh"));
  WORKS(swale_options_check(options, SWALE_KIND_LAYER, "dense"));
  WORKS(swale_model_add(model, "dense", options, NULL, NULL));
  REFUSED(SWALE_E_NAME, "read no layer", swale_model_add(model, "dense", options, NULL, ""));
  REFUSED(SWALE_E_OPTION, "known: function, slope", swale_options_check(options, SWALE_KIND_LAYER, "activation"));
  REFUSED(SWALE_E_NAME, "did you mean 'dense'", swale_options_check(options, SWALE_KIND_LAYER, "dens"));
  REFUSED(SWALE_E_ARGUMENT, "'kind'", swale_options_check(options, 77, "dense"));
  WORKS(swale_options_check(0, SWALE_KIND_SOLVER, "sgd"));
  WORKS(swale_model_destroy(model));
  WORKS(swale_options_destroy(options));
}

static void test_empty_lists_are_refused(void) {
  swale_options_t options = 0;
  WORKS(swale_options_create(&options));
  WORKS(swale_options_set_ints(options, "indices", NULL, 0));
  REFUSED(SWALE_E_OPTION, "empty list", swale_options_check(options, SWALE_KIND_TRANSFORM, "subset"));
  WORKS(swale_options_destroy(options));
}

int main(void) {
  test_numbers_by_hand();
  test_options_are_checked_where_they_are_given();
  test_empty_lists_are_refused();
  return finish("samples");
}
