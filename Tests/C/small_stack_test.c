/* Every solver and metric, and the calls of an oracle, on a thread with the smallest stack that the documents promise:
 * 64 KiB, as hosts with many threads or coroutines have them. */
#include "child.h"
#include "landscapes.h"

#include <pthread.h>

enum { STACK = SANITIZED ? 1 << 20 : 64 << 10 };

static void work(void) {
  static double x[4 * MOST_PARAMETERS], out[64 * MOST_PARAMETERS];
  static swale_component_info info;
  double value;
  for (swale_kind kind = SWALE_KIND_SOLVER; kind <= SWALE_KIND_METRIC; kind++) {
    for (int64_t c = 0; c < swale_component_count(kind); c++) {
      info.struct_size = sizeof info;
      WORKS(swale_component(kind, c, &info));
      const int64_t needs = info.needs & ~(int64_t)SWALE_IS_STOCHASTIC;
      for (int i = 0; i < landscape_count; i++) {
        const struct landscape *at = &landscapes[i];
        if ((at->info.capabilities & needs) != needs || (info.points_max == 0 && i > 0 && kind == SWALE_KIND_METRIC))
          continue;
        if (!begin_case("%s of %s", info.name, at->name)) continue;
        swale_options_t options = with_real("max_seconds", 0.05);
        swale_run_t run = 0;
        swale_result_t result = 0;
        WORKS(swale_run_create(options, NULL, NULL, &run));
        WORKS(swale_options_destroy(options));
        for (int k = 0; k < 3; k++) memcpy(x + k * at->info.dimension, at->x, (size_t)at->info.dimension * sizeof *x);
        const swale_status status =
            kind == SWALE_KIND_SOLVER
                ? swale_solve(info.name, 0, at->objective, x, at->info.dimension, run, &result)
                : swale_measure(info.name, 0, at->objective, x, info.points_min, at->info.dimension, run, &result);
        CHECK(status <= 0 && status != SWALE_E_INTERNAL);
        WORKS(swale_result_destroy(result));
        WORKS(swale_run_destroy(run));
      }
    }
  }
  for (int i = 0; i < landscape_count; i++) {
    const struct landscape *at = &landscapes[i];
    if (!begin_case("oracle of %s", at->name)) continue;
    WORKS(swale_objective_value(at->objective, at->x, at->info.dimension, &value, NULL));
    swale_objective_value(at->objective, at->x, at->info.dimension, &value, out);
    swale_objective_hvp(at->objective, at->x, at->x, at->info.dimension, 1, out);
    swale_objective_outputs(at->objective, at->x, at->info.dimension, out);
    swale_objective_sample_gradients(at->objective, at->x, at->info.dimension, 0, 1, out);
  }
  if (begin_case("a refusal with a long name")) {
    static char name[60000];
    swale_objective_t none = 0;
    memset(name, 'n', sizeof name - 1);
    CHECK(swale_objective_create(name, 0, 0, 0, &none) == SWALE_E_NAME);
    CHECK(swale_plugin_load(name) == SWALE_E_ARGUMENT); /* the loader would copy it to the stack */
  }
}

static void *on_thread(void *unused) {
  (void)unused;
  work();
  return NULL;
}

static void on_small_stack(void) {
  pthread_attr_t attributes;
  pthread_t thread;
  make_landscapes();
  CHECK(pthread_attr_init(&attributes) == 0 && pthread_attr_setstacksize(&attributes, STACK) == 0);
  CHECK(pthread_create(&thread, &attributes, on_thread, NULL) == 0);
  pthread_join(thread, NULL);
}

int main(void) {
  run_in_children("64 KiB of stack", on_small_stack, 0);
  return finish("small_stack");
}
