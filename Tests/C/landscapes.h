/* Small landscapes of every kind, for tests that go over all solvers and metrics. */
#ifndef LANDSCAPES_H
#define LANDSCAPES_H

#include "check.h"

enum { MOST_LANDSCAPES = 16, MOST_PARAMETERS = 64 };

static struct landscape {
  const char *name;
  swale_objective_t objective;
  swale_objective_info info;
  double x[MOST_PARAMETERS];
} landscapes[MOST_LANDSCAPES];
static int landscape_count;

static inline void add_landscape(const char *name, swale_objective_t objective, const char *initializer) {
  struct landscape *new = &landscapes[landscape_count];
  new->name = name;
  new->objective = objective;
  new->info.struct_size = sizeof new->info;
  if (!WORKS(swale_objective_describe(objective, &new->info)) || !CHECK(new->info.dimension <= MOST_PARAMETERS)) return;
  WORKS(swale_objective_initialize(objective, initializer, 0, 1, new->x, new->info.dimension));
  landscape_count++;
}

static inline swale_dataset_t make_dataset(const char *source, int64_t samples, int64_t features) {
  swale_options_t options = 0;
  swale_dataset_t data = 0;
  WORKS(swale_options_create(&options));
  WORKS(swale_options_set_int(options, "samples", samples));
  WORKS(swale_options_set_int(options, "features", features));
  WORKS(swale_dataset_create(source, options, 1, &data));
  WORKS(swale_options_destroy(options));
  return data;
}

/* Four inputs, three hidden units, two outputs. */
static inline swale_model_t make_model(void) {
  const int64_t shape[1] = {4}, units[2] = {3, 2};
  swale_model_t model = 0;
  WORKS(swale_model_create(shape, 1, &model));
  for (int i = 0; i < 2; i++) {
    swale_options_t options = 0;
    WORKS(swale_options_create(&options));
    WORKS(swale_options_set_int(options, "units", units[i]));
    if (i == 0) WORKS(swale_options_set_text(options, "activation", "tanh"));
    WORKS(swale_model_add(model, "dense", options, NULL, NULL));
    WORKS(swale_options_destroy(options));
  }
  return model;
}

static inline void add_network(const char *name, swale_dataset_t data, const char *precision) {
  swale_options_t options = 0;
  swale_objective_t network = 0;
  swale_model_t model = make_model();
  WORKS(swale_options_create(&options));
  WORKS(swale_options_set_text(options, "loss", "cross_entropy"));
  WORKS(swale_options_set_text(options, "precision", precision));
  WORKS(swale_objective_create("network", options, model, data, &network));
  WORKS(swale_options_destroy(options));
  WORKS(swale_model_destroy(model));
  add_landscape(name, network, "he");
}

/* A device on patterns; `settings` are pairs of option and text, NULL at the end. */
static inline void add_device(const char *name, const char *device, swale_dataset_t data, int64_t hidden,
                              const char *initializer, const char *const *settings) {
  swale_options_t options = 0;
  swale_objective_t objective = 0;
  WORKS(swale_options_create(&options));
  if (hidden > 0) WORKS(swale_options_set_int(options, "hidden", hidden));
  for (; *settings != NULL; settings += 2) WORKS(swale_options_set_text(options, settings[0], settings[1]));
  WORKS(swale_objective_create(device, options, 0, data, &objective));
  WORKS(swale_options_destroy(options));
  add_landscape(name, objective, initializer);
}

static inline void rough_value(const double *x, int64_t count, double *value, double *gradient, swale_status *status,
                               void *user) {
  (void)user;
  *value = 0;
  for (int64_t i = 0; i < count; i++) {
    *value += 0.5 * x[i] * x[i] + cos(x[i]);
    if (gradient != NULL) gradient[i] = x[i] - sin(x[i]);
  }
  *status = SWALE_OK;
}

/* Twelve samples of four inputs in two classes; the inputs are multiplied by `scale`. */
static inline swale_dataset_t make_labelled(double scale) {
  double inputs[48];
  int64_t labels[12];
  for (int i = 0; i < 48; i++) inputs[i] = scale * sin(1 + i * i);
  for (int i = 0; i < 12; i++) labels[i] = i % 2;
  const swale_array samples = {inputs, SWALE_F64, 2, {12, 4}, NULL, NULL};
  const swale_array targets = {labels, SWALE_I64, 1, {12}, NULL, NULL};
  swale_dataset_t data = 0;
  WORKS(swale_dataset_from_arrays(&samples, &targets, &data));
  return data;
}

#define SETTINGS(...) ((const char *const[]){__VA_ARGS__, NULL})

static inline void make_landscapes(void) {
  swale_dataset_t labelled = make_labelled(1), clouds = make_dataset("gaussian_mixture", 12, 5);
  swale_dataset_t patterns = make_dataset("random_patterns", 10, 21), even = make_dataset("random_patterns", 8, 20);
  const swale_callbacks callbacks = {sizeof callbacks, 1, 2, rough_value, NULL, NULL, NULL};
  swale_objective_t rough = 0;
  landscape_count = 0;
  add_network("network", labelled, "f64");
  add_network("network in f32", labelled, "f32");
  add_landscape("bowl", make_bowl(), "gaussian");
  WORKS(swale_objective_from_callbacks(&callbacks, &rough));
  add_landscape("callback", rough, "gaussian");
  add_device("binary perceptron", "perceptron", patterns, 0, "binary", SETTINGS("weights", "binary"));
  add_device("spherical perceptron", "perceptron", patterns, 0, "gaussian", SETTINGS("weights", "spherical"));
  add_device("real perceptron", "perceptron", clouds, 0, "gaussian",
             SETTINGS("weights", "real", "loss", "cross_entropy"));
  add_device("binary committee", "committee", patterns, 3, "binary", SETTINGS("loss", "linear"));
  add_device("relu committee", "committee", even, 2, "gaussian",
             SETTINGS("unit", "relu", "weights", "spherical", "architecture", "full", "loss", "cross_entropy"));
  add_device("parity machine", "parity", patterns, 3, "binary", SETTINGS("loss", "linear"));
  add_device("mixture", "gaussian_mixture", clouds, 0, "gaussian", SETTINGS("precision", "f32"));
  WORKS(swale_dataset_destroy(labelled));
  WORKS(swale_dataset_destroy(clouds));
  WORKS(swale_dataset_destroy(patterns));
  WORKS(swale_dataset_destroy(even));
}

#endif
