/* Values to call functions with: the impossible, the wrong, and the valid, mixed. The calls themselves are written by
 * make_hostile.py, one function `call` per function of the library. What C cannot check is not tried: pointers are NULL
 * or point to enough memory for the counts that go with them. */
#ifndef HOSTILE_H
#define HOSTILE_H

#include "check.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BUFFER = 1 << 17, MOST_PARAMETERS = 8, MOST_TRIALS = 20000 };

/* What one thread works with. */
struct context {
  swale_options_t options;
  swale_dataset_t dataset;
  swale_model_t model;
  swale_objective_t bowl, network;
  swale_run_t run;
  swale_result_t result;
  swale_options_t destroyed;
  uint64_t made; /* where functions put new handles */
  double *numbers, *output;
  int64_t *integers;
  union {
    uint32_t struct_size;
    double alignment;
    char bytes[1 << 12];
  } info;
  swale_array array;
  swale_callbacks callbacks;
  uint64_t random;
};

static inline void fill_context(struct context *c) {
  const int64_t shape[1] = {3};
  static const double inputs[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 1, 2}, targets[4] = {1, -1, 1, -1};
  swale_array x = {inputs, SWALE_F64, 2, {4, 3}, NULL, NULL}, y = {targets, SWALE_F64, 1, {4}, NULL, NULL};
  double point[3] = {1, 1, 1};
  swale_options_t bias = 0;
  WORKS(swale_options_create(&c->destroyed));
  WORKS(swale_options_destroy(c->destroyed));
  WORKS(swale_options_create(&c->options));
  WORKS(swale_dataset_from_arrays(&x, &y, &c->dataset));
  WORKS(swale_model_create(shape, 1, &c->model));
  WORKS(swale_options_create(&bias));
  WORKS(swale_options_set_bool(bias, "bias", 0));
  WORKS(swale_model_add(c->model, "dense", bias, NULL, NULL));
  WORKS(swale_options_destroy(bias));
  c->bowl = make_bowl();
  WORKS(swale_objective_create("network", 0, c->model, c->dataset, &c->network));
  c->run = make_run(5, NULL, NULL);
  WORKS(swale_solve("sgd", 0, c->bowl, point, 3, c->run, &c->result));
}

static inline void empty_context(struct context *c) {
  swale_options_destroy(c->options);
  swale_dataset_destroy(c->dataset);
  swale_model_destroy(c->model);
  swale_objective_destroy(c->bowl);
  swale_objective_destroy(c->network);
  swale_run_destroy(c->run);
  swale_result_destroy(c->result);
}

static inline void reset(struct context *c) {
  c->made = 0;
  for (int i = 0; i < 4096; i++) c->numbers[i] = 0.25;
  for (int i = 0; i < 64; i++) c->integers[i] = 1 + i % 3;
}

enum { HANDLES = 13 };
static inline uint64_t handle(struct context *c, int i) {
  switch (i) {
    case 1: return c->options;
    case 2: return c->dataset;
    case 3: return c->model;
    case 4: return c->bowl;
    case 5: return c->network;
    case 6: return c->run;
    case 7: return c->result;
    case 8: return c->destroyed;
    case 9: return c->options + (UINT64_C(1) << 32); /* a later generation */
    case 10: return UINT64_MAX;
    case 11: return UINT64_C(4) << 56 | 0xffffffff;
    case 12: return 0xdeadbeef;
    default: return 0;
  }
}

static char long_text[70001];
static const char *const texts[] = {
    NULL,    "",     "sgd",      "lbfgs",       "newton_cg", "hessian_top", "hessian_spectrum", "plane",
    "local_energy", "linear_path", "distance", "quadratic", "network", "dense", "softmax", "standardize", "split",
    "one_hot", "random_patterns", "he", "inputs", "loss", "input,input", "no such name", "\xff\xfe", "%s%n", long_text};
enum { TEXTS = sizeof texts / sizeof texts[0] };
static inline const char *text(int i) { return texts[i]; }

static const int64_t whole[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 1, 2, 3, INT64_C(1) << 31, INT64_C(1) << 40,
                                INT64_C(1) << 48, INT64_MAX};
/* Counts of elements behind pointers: those that a caller may claim truthfully here, and the impossible ones. */
static const int64_t counts[] = {INT64_MIN, -1, 0, 1, 3, 4, INT64_C(1) << 48, INT64_MAX};
static const int32_t small[] = {INT32_MIN, -99, -1, 0, 1, 2, 3, 4, 5, 9, 10, INT32_MAX};
static const uint64_t seeds[] = {0, 7, UINT64_MAX};
static const double reals[] = {NAN, INFINITY, -INFINITY, 0, -0.5, 0.5, 1e308, 5e-324};
#define COUNT_OF(list) ((int)(sizeof(list) / sizeof(list)[0]))

enum { NUMBERS = 4 };
static inline double *numbers(struct context *c, int i) {
  if (i == 0) return NULL;
  if (i == 1) c->numbers[1] = NAN;
  if (i == 2) c->numbers[2] = 1e300;
  return c->numbers;
}

enum { INTEGERS = 4 };
static inline int64_t *integers(struct context *c, int i) {
  if (i == 0) return NULL;
  if (i == 1) c->integers[0] = -5;
  if (i == 2) c->integers[0] = c->integers[1] = INT64_C(1) << 40;
  return c->integers;
}

static inline double *output(struct context *c, int i) { return i == 0 ? NULL : c->output; }
static inline uint64_t *made(struct context *c, int i) { return i == 0 ? NULL : &c->made; }

enum { INFOS = 7 };
static inline void *info(struct context *c, int i, uint32_t size) {
  const uint32_t sizes[INFOS] = {0, 0, 3, size, size + 8, 65537, UINT32_MAX};
  memset(&c->info, 0, sizeof c->info);
  c->info.struct_size = sizes[i];
  return i == 0 ? NULL : &c->info;
}

enum { ARRAYS = 14 };
static inline swale_array *array(struct context *c, int i) {
  swale_array good = {c->numbers, SWALE_F64, 2, {4, 3}, NULL, NULL};
  c->array = good;
  switch (i) {
    case 0: return NULL;
    case 1: c->array.shape[0] = -4; break;
    case 2: c->array.shape[0] = c->array.shape[1] = INT64_C(1) << 47; break;
    case 3: c->array.ndim = -1; break;
    case 4: c->array.ndim = 9; break;
    case 5: c->array.dtype = 77; break;
    case 6: c->array.dtype = SWALE_TEXT; break;
    case 7: c->array.data = NULL; break;
    case 8: c->array.data = (char *)c->numbers + 1; break;
    case 9: c->numbers[5] = NAN; break;
    case 10: c->array.ndim = 0; break;
    case 11: c->array.shape[0] = 0; break;
    case 12: c->array.dtype = SWALE_U8, c->array.ndim = 1; break;
    default: break;
  }
  return &c->array;
}

static inline void host_value(const double *x, int64_t n, double *value, double *gradient, swale_status *status,
                              void *user) {
  (void)user;
  *value = x[0];
  for (int64_t i = 0; gradient != NULL && i < n; i++) gradient[i] = i == 0;
  *status = SWALE_OK;
}

enum { CALLBACKS = 6 };
static inline swale_callbacks *callbacks(struct context *c, int i) {
  swale_callbacks good = {sizeof good, 1, 3, host_value, NULL, NULL, NULL};
  c->callbacks = good;
  switch (i) {
    case 0: return NULL;
    case 1: c->callbacks.struct_size = 3; break;
    case 2: c->callbacks.dimension = -1; break;
    case 3: c->callbacks.dimension = INT64_MAX; break;
    case 4: c->callbacks.value = NULL; break;
    default: break;
  }
  return &c->callbacks;
}

static inline void host_progress(const swale_progress *now, int32_t *action, void *user) {
  (void)user;
  *action = now->step < 3 ? SWALE_ACTION_CONTINUE : SWALE_ACTION_STOP;
}
static inline void host_interrupt(int32_t *action, void *user) { (void)user, *action = SWALE_ACTION_CONTINUE; }
static inline void host_log(int32_t level, const char *message, void *user) { (void)level, (void)message, (void)user; }
static inline swale_status host_plugin(const swale_registrar *registrar) {
  return registrar->solver(registrar->registry, NULL);
}

/* Shared with the children: how many calls were accepted and refused, and the arguments of the call that is running. */
static struct shared {
  atomic_long accepted, refused;
  int index[MOST_PARAMETERS];
} *shared;

/* A status is 0 or one of the known codes, with words; a failed call makes no handle. */
static inline void judge(struct context *c, const char *name, swale_status status) {
  if (status == SWALE_OK) {
    shared->accepted++;
    return;
  }
  shared->refused++;
  int known = (status >= SWALE_E_INTERRUPTED && status <= SWALE_E_ARGUMENT);
  if (!known || swale_last_error()[0] == '\0' || c->made != 0) {
    printf("FAILED %s: status %d, made %llu, words \"%s\"\n", name, status, (unsigned long long)c->made,
           swale_last_error());
    checks_failed++;
  }
}

#endif
