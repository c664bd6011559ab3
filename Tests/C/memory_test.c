/* Memory that a caller's numbers ask for fails with a status, under the library's limit and when the system has none
 * left; names that a caller makes up are not kept for ever. */
#include "child.h"
#include "landscapes.h"

#include <malloc.h>
#include <unistd.h>

enum { MEGABYTE = 1 << 20 };

static int64_t bytes_used(void) {
  int64_t used = 0;
  swale_memory_used(&used, NULL);
  return used;
}

static long pages(int column) {
  long values[2] = {0, 0};
  FILE *file = fopen("/proc/self/statm", "r");
  if (file != NULL) {
    CHECK(fscanf(file, "%ld %ld", &values[0], &values[1]) == 2);
    fclose(file);
  }
  return values[column];
}

static int64_t resident(void) { return pages(1) * sysconf(_SC_PAGESIZE); }

/* Leaves this process `bytes` of address space more than it has. */
static void leave(size_t bytes) {
  const rlim_t now = (rlim_t)pages(0) * (rlim_t)sysconf(_SC_PAGESIZE) + bytes;
  CHECK(setrlimit(RLIMIT_AS, &(struct rlimit){now, now}) == 0);
}

/* A bag of options is counted until it is destroyed, and a list that would pass the limit is refused. */
static void test_options_under_the_limit(void) {
  enum { COUNT = 1 << 17 };
  double *reals = calloc(COUNT, sizeof *reals);
  int64_t *whole = calloc(COUNT, sizeof *whole);
  char *text = malloc(60001);
  swale_options_t options = 0, many = 0;
  const int64_t before = bytes_used();
  memset(text, 'a', 60000);
  text[60000] = 0;
  WORKS(swale_options_create(&options));
  WORKS(swale_options_set_reals(options, "diagonal", reals, COUNT));
  CHECK(bytes_used() - before >= (int64_t)(COUNT * sizeof *reals));
  WORKS(swale_options_set_reals(options, "diagonal", reals, 10)); /* replaced: what it took is given back */
  CHECK(bytes_used() - before < 4096);
  WORKS(swale_set_memory_limit(bytes_used() + MEGABYTE / 2));
  REFUSED(SWALE_E_MEMORY, "limit", swale_options_set_reals(options, "diagonal", reals, COUNT));
  REFUSED(SWALE_E_MEMORY, "limit", swale_options_set_ints(options, "indices", whole, COUNT));
  swale_status status = SWALE_OK;
  int set = 0;
  WORKS(swale_options_create(&many));
  for (char name[32]; set < 1000 && status == SWALE_OK; set++) {
    snprintf(name, sizeof name, "text_%d", set);
    status = swale_options_set_text(many, name, text);
  }
  CHECK(status == SWALE_E_MEMORY && set > 5 && set < 10); /* eight texts of 60 kB in half a megabyte */
  WORKS(swale_set_memory_limit(0));
  WORKS(swale_options_destroy(many));
  WORKS(swale_options_destroy(options));
  CHECK(bytes_used() == before);
  WORKS(swale_options_create(&options));
  status = SWALE_OK;
  set = 0;
  for (char name[32]; set < 5000 && status == SWALE_OK; set++) {
    snprintf(name, sizeof name, "option_%d", set);
    status = swale_options_set_int(options, name, 1);
  }
  CHECK(status == SWALE_E_OPTION && set == 1025 && strstr(swale_last_error(), "1024") != NULL);
  WORKS(swale_options_destroy(options));
  free(reals);
  free(whole);
  free(text);
}

/* A refusal shows a few of a caller's million numbers. */
static void test_refusals_are_short(void) {
  enum { COUNT = 1 << 20 };
  double *reals = calloc(COUNT, sizeof *reals);
  swale_options_t options = 0;
  swale_objective_t bowl = 0;
  reals[COUNT - 1] = INFINITY;
  WORKS(swale_options_create(&options));
  WORKS(swale_options_set_reals(options, "diagonal", reals, COUNT));
  REFUSED(SWALE_E_OPTION, "(1048576)", swale_objective_create("quadratic", options, 0, 0, &bowl));
  CHECK(strlen(swale_last_error()) < 300);
  WORKS(swale_options_destroy(options));
  free(reals);
}

/* With little address space left: lists in every form, and what is made of them. */
static void lists_without_memory(void) {
  enum { COUNT = 4000000 };
  static const size_t rooms[] = {20 * MEGABYTE, 40 * MEGABYTE, 80 * MEGABYTE, 120 * MEGABYTE};
  for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
    for (int form = 0; form < 2; form++) {
      if (!begin_case("lists of 32 MB with %zu MB left, form %d", rooms[i] / MEGABYTE, form)) continue;
      double *reals = calloc(COUNT, sizeof *reals);
      int64_t *whole = calloc(COUNT, sizeof *whole);
      swale_options_t options = 0;
      swale_objective_t bowl = 0;
      swale_result_t result = 0;
      for (int k = 0; k < COUNT; k++) reals[k] = (double)(whole[k] = 1 + k % 7);
      WORKS(swale_options_create(&options));
      leave(rooms[i]);
      const swale_status set = form == 0 ? swale_options_set_reals(options, "diagonal", reals, COUNT)
                                         : swale_options_set_ints(options, "diagonal", whole, COUNT);
      CHECK(rooms[i] < 32 * MEGABYTE ? set == SWALE_E_MEMORY : set == SWALE_OK || set == SWALE_E_MEMORY);
      const swale_status made = swale_objective_create("quadratic", options, 0, 0, &bowl);
      CHECK(made == SWALE_OK || made == SWALE_E_MEMORY || set != SWALE_OK);
      if (made == SWALE_OK) {
        const swale_status solved = swale_solve("lbfgs", 0, bowl, reals, COUNT, 0, &result);
        CHECK(solved == SWALE_OK || solved == SWALE_E_MEMORY);
      }
      fflush(stdout);
      _exit(checks_failed > 0 ? 1 : 3); /* the limit cannot be raised again: the next case gets a new child */
    }
  }
}

/* Every solver and metric with 64 MB of address space left, and with a limit that it reaches. */
static void components_without_memory(void) {
  make_landscapes();
  WORKS(swale_set_threads(1));
  leave(64 * (size_t)MEGABYTE);
  for (int tight = 0; tight < 2; tight++) {
    for (swale_kind kind = SWALE_KIND_SOLVER; kind <= SWALE_KIND_METRIC; kind++) {
      for (int64_t c = 0; c < swale_component_count(kind); c++) {
        swale_component_info info = {.struct_size = sizeof info};
        WORKS(swale_component(kind, c, &info));
        const int64_t needs = info.needs & ~(int64_t)SWALE_IS_STOCHASTIC;
        for (int i = 0; i < landscape_count; i++) {
          const struct landscape *at = &landscapes[i];
          double x[2 * MOST_PARAMETERS];
          if ((at->info.capabilities & needs) != needs || info.points_min > 2) continue;
          if (!begin_case("%s of %s with %s", info.name, at->name, tight ? "a limit of 2 kB" : "64 MB left")) continue;
          swale_options_t options = with_real("max_seconds", 0.02);
          swale_run_t run = 0;
          swale_result_t result = 0;
          WORKS(swale_run_create(options, NULL, NULL, &run));
          WORKS(swale_options_destroy(options));
          for (int64_t k = 0; k < 2 * at->info.dimension; k++) x[k] = at->x[k % at->info.dimension];
          if (tight) WORKS(swale_set_memory_limit(bytes_used() + 2048));
          const swale_status status =
              kind == SWALE_KIND_SOLVER
                  ? swale_solve(info.name, 0, at->objective, x, at->info.dimension, run, &result)
                  : swale_measure(info.name, 0, at->objective, x, info.points_min, at->info.dimension, run, &result);
          CHECK(status <= 0 && status != SWALE_E_INTERNAL);
          WORKS(swale_set_memory_limit(0));
          WORKS(swale_result_destroy(result));
          WORKS(swale_run_destroy(run));
        }
      }
    }
  }
}

/* Two million numbers in every list of every solver and metric, with room for a few copies of them. */
static void long_lists(void) {
  enum { COUNT = 2000000 };
  double *values = malloc(COUNT * sizeof *values);
  CHECK(mallopt(M_MMAP_THRESHOLD, 1 << 17) == 1); /* what is freed goes back at once, so that the room stays as it is */
  make_landscapes();
  WORKS(swale_set_threads(1));
  leave(100 * (size_t)MEGABYTE);
  for (swale_kind kind = SWALE_KIND_SOLVER; kind <= SWALE_KIND_METRIC; kind++) {
    for (int64_t c = 0; c < swale_component_count(kind); c++) {
      swale_component_info info = {.struct_size = sizeof info};
      WORKS(swale_component(kind, c, &info));
      for (int64_t o = 0; o < info.option_count; o++) {
        swale_option_info option = {.struct_size = sizeof option};
        WORKS(swale_component_option(kind, info.name, o, &option));
        const int64_t needs = info.needs & ~(int64_t)SWALE_IS_STOCHASTIC;
        int at = 0;
        while (at < landscape_count && (landscapes[at].info.capabilities & needs) != needs) at++;
        if (!option.is_list || at == landscape_count) continue;
        for (int form = 0; form < 3; form++) {
          if (!begin_case("%s: two million %s, form %d", info.name, option.name, form)) continue;
          const double low = fmax(option.lowest, -1e3), high = fmin(option.highest, 1e3);
          for (int i = 0; i < COUNT; i++)
            values[i] = form == 0 ? low : form == 1 ? high : low + (high - low) * (i % 1000) / 999;
          swale_options_t options = 0, limits = with_real("max_seconds", 0.02);
          swale_run_t run = 0;
          swale_result_t result = 0;
          double x[3 * MOST_PARAMETERS];
          const int64_t n = info.points_max == 0 && kind == SWALE_KIND_METRIC ? 0 : landscapes[at].info.dimension;
          for (int64_t i = 0; i < 3 * n; i++) x[i] = landscapes[at].x[i % n];
          WORKS(swale_run_create(limits, NULL, NULL, &run));
          WORKS(swale_options_create(&options));
          WORKS(swale_options_set_reals(options, option.name, values, COUNT));
          if (strcmp(option.name, "gammas") == 0) swale_options_set_reals(options, "ys", values, COUNT);
          if (strcmp(info.name, "focusing_bp") == 0) swale_options_set_text(options, "protocol", "free_scoping");
          if (strcmp(info.name, "sgd") == 0) swale_options_set_text(options, "schedule", "step");
          const swale_objective_t objective = n > 0 ? landscapes[at].objective : 0;
          const swale_status status =
              kind == SWALE_KIND_SOLVER
                  ? swale_solve(info.name, options, objective, x, n, run, &result)
                  : swale_measure(info.name, options, objective, x, info.points_min, n, run, &result);
          CHECK(status <= 0 && status != SWALE_E_INTERNAL);
          WORKS(swale_result_destroy(result));
          WORKS(swale_options_destroy(options));
          WORKS(swale_options_destroy(limits));
          WORKS(swale_run_destroy(run));
        }
      }
    }
  }
  free(values);
}

/* Names of layers come out of a landscape: 20 000 different ones leave nothing behind. */
static void test_names_are_not_kept(void) {
  const int64_t shape[1] = {4};
  swale_dataset_t data = make_labelled(1);
  int64_t before = 0;
  for (int k = 0; k < 22000; k++) {
    char name[64];
    swale_model_t model = 0;
    swale_objective_t network = 0;
    swale_options_t units = 0, options = 0;
    swale_tensor_info tensor = {.struct_size = sizeof tensor};
    WORKS(swale_options_create(&units));
    WORKS(swale_options_set_int(units, "units", 2));
    snprintf(name, sizeof name, "layer_with_a_long_name_%d", k);
    if (swale_model_create(shape, 1, &model) != SWALE_OK ||
        swale_model_add(model, "dense", 0, name, NULL) != SWALE_OK ||
        swale_model_add(model, "dense", units, "two", NULL) != SWALE_OK)
      break;
    WORKS(swale_options_create(&options));
    WORKS(swale_options_set_text(options, "loss", "mse"));
    if (WORKS(swale_objective_create("network", options, model, data, &network))) {
      WORKS(swale_objective_tensor(network, 0, &tensor));
      CHECK(strncmp(tensor.name, name, strlen(name)) == 0);
    }
    swale_status_text(k + 1000);
    swale_reason_text(k + 1000);
    WORKS(swale_options_destroy(units));
    WORKS(swale_options_destroy(options));
    WORKS(swale_objective_destroy(network));
    WORKS(swale_model_destroy(model));
    if (k == 2000) before = resident();
  }
  const int64_t grown = resident() - before;
  printf("20000 names of tensors: the process grew by %lld kB\n", (long long)(grown / 1024));
  /* 150 bytes a name were 3 MB at least; the allocator's own noise is far below. */
  CHECK(grown < MEGABYTE);
  WORKS(swale_dataset_destroy(data));
}

/* Like run_in_children for cases that always end their child, with 3 when all was well. */
static void run_lists(void) {
  static struct shared_case own;
  shared_case = &own;
  for (long number = 0; number < 8; number++) {
    int status = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
      setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
      checks_failed = 0;
      first_case = number;
      case_count = 0;
      lists_without_memory();
      _exit(1);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0) continue;
    if (!CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3)) printf("lists without memory, case %ld\n", number);
  }
}

int main(void) {
  if (!SANITIZED) test_names_are_not_kept(); /* first: what other tests free would hide growth, or look like it */
  test_options_under_the_limit();
  test_refusals_are_short();
  if (!SANITIZED) {
    run_lists();
    run_in_children("components without memory", components_without_memory, 0);
    run_in_children("long lists", long_lists, 0);
  }
  return finish("memory");
}
