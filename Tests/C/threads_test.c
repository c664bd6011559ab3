/* Threads that share everything while others destroy it: no call crashes, a handle that is gone is an error with words,
 * and numbers that come out are those of a single thread. */
#include "child.h"
#include "landscapes.h"

#include <pthread.h>

enum { THREADS = 4, ROUNDS = 40, SHARED = 8 };

/* Handles that any thread may use, replace and destroy at any moment. */
static atomic_ullong objectives[SHARED], datasets[SHARED], runs[SHARED], results[SHARED];

static uint64_t next(uint64_t *state) {
  *state ^= *state << 13, *state ^= *state >> 7, *state ^= *state << 17;
  return *state >> 11;
}

static void use_objective(swale_objective_t objective, swale_run_t run, uint64_t draw) {
  double x[MOST_PARAMETERS] = {0.5, -0.25, 1}, value, out[2 * MOST_PARAMETERS];
  swale_objective_info info = {.struct_size = sizeof info};
  swale_tensor_info tensor = {.struct_size = sizeof tensor};
  swale_result_t result = 0;
  if (swale_objective_describe(objective, &info) != SWALE_OK || info.dimension > MOST_PARAMETERS) return;
  for (int64_t i = 3; i < info.dimension; i++) x[i] = i % 2 ? 1 : -1;
  const int64_t n = info.dimension;
  switch (draw % 6) {
    case 0: swale_objective_value(objective, x, n, &value, out); break;
    case 1: swale_objective_hvp(objective, x, x, n, 1, out); break;
    case 2: swale_objective_tensor(objective, 0, &tensor); break;
    case 3: swale_solve("lbfgs", 0, objective, x, n, run, &result); break;
    case 4: swale_solve("focusing_bp", 0, objective, x, n, run, &result); break;
    default: swale_measure("hessian_trace", 0, objective, x, 1, n, run, &result); break;
  }
  if (result != 0) swale_result_destroy(atomic_exchange(&results[draw % SHARED], result));
}

static void *work(void *argument) {
  uint64_t state = 0x9E3779B97F4A7C15u * (uint64_t)(1 + (intptr_t)argument);
  for (int round = 0; round < ROUNDS * 20; round++) {
    const uint64_t draw = next(&state);
    const int slot = (int)(next(&state) % SHARED), other = (int)(next(&state) % SHARED);
    swale_array array;
    double value;
    switch (draw % 10) {
      case 0: swale_objective_destroy(atomic_load(&objectives[slot])); break;
      case 1: swale_dataset_destroy(atomic_load(&datasets[slot])); break;
      case 2: swale_run_destroy(atomic_load(&runs[slot])); break;
      case 3: swale_run_cancel(atomic_load(&runs[slot])); break;
      case 4: {
        swale_objective_t made = 0;
        if (swale_objective_create("perceptron", 0, 0, atomic_load(&datasets[other]), &made) != SWALE_OK)
          made = make_bowl();
        swale_objective_destroy(atomic_exchange(&objectives[slot], made));
        break;
      }
      case 5: swale_dataset_destroy(atomic_exchange(&datasets[slot], make_dataset("random_patterns", 9, 15))); break;
      case 6: swale_run_destroy(atomic_exchange(&runs[slot], make_run(5, NULL, NULL))); break;
      case 7: swale_dataset_array(atomic_load(&datasets[slot]), "inputs", &array); break;
      case 8: {
        const swale_result_t result = atomic_load(&results[slot]);
        swale_result_name(result, (int64_t)(draw >> 8) % 12);
        swale_result_scalar(result, "fun", &value);
        break;
      }
      default: break;
    }
    use_objective(atomic_load(&objectives[other]), next(&state) % 3 ? atomic_load(&runs[slot]) : 0, draw >> 4);
  }
  return NULL;
}

static void shared_and_destroyed(void) {
  pthread_t threads[THREADS];
  if (!begin_case("%d threads share and destroy", THREADS)) return;
  WORKS(swale_set_threads(3));
  for (int i = 0; i < SHARED; i++) {
    atomic_store(&datasets[i], make_dataset("random_patterns", 9, 15));
    atomic_store(&objectives[i], make_bowl());
    atomic_store(&runs[i], make_run(5, NULL, NULL));
  }
  for (intptr_t i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
}

static struct landscape *network;
static double alone;

static void *train(void *wrong) {
  for (int k = 0; k < ROUNDS; k++) {
    double x[MOST_PARAMETERS], value = NAN;
    swale_result_t result = 0;
    swale_run_t run = make_run(25, NULL, NULL);
    memcpy(x, network->x, sizeof x);
    if (swale_solve("adam", 0, network->objective, x, network->info.dimension, run, &result) != SWALE_OK ||
        swale_result_scalar(result, "fun", &value) != SWALE_OK || (*(double *)wrong != 0 && value != *(double *)wrong))
      return wrong;
    *(double *)wrong = value;
    swale_result_destroy(result);
    swale_run_destroy(run);
  }
  return NULL;
}

/* One landscape, many runs at once: the same bits as alone. */
static void same_numbers(void) {
  pthread_t threads[THREADS];
  double values[THREADS] = {0};
  make_landscapes();
  network = &landscapes[0];
  if (!begin_case("%d threads train on one landscape", THREADS)) return;
  CHECK(train(&alone) == NULL);
  for (int i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, train, &values[i]) == 0);
  for (int i = 0; i < THREADS; i++) {
    void *wrong = NULL;
    pthread_join(threads[i], &wrong);
    CHECK(wrong == NULL && values[i] == alone);
  }
}

int main(void) {
  run_in_children("shared and destroyed", shared_and_destroyed, 0);
  run_in_children("same numbers", same_numbers, 0);
  return finish("threads");
}
