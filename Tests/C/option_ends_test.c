/* Every numeric option of every registered component at both ends of its listed range, at 0 and at the smallest step
 * beside them, on small problems: whatever a caller may write according to the list, the host lives. With an argument
 * N, N random combinations of such values instead (seed: second argument), for a longer search. */
#include "child.h"
#include "landscapes.h"

enum { MOST_VALUES = 24, MEMORY = 1 << 28 };

static char folder[] = "/tmp/swale-ends-XXXXXX";

static swale_component_info component(swale_kind kind, int64_t index) {
  swale_component_info info = {.struct_size = sizeof info};
  WORKS(swale_component(kind, index, &info));
  return info;
}

static swale_option_info option_of(const swale_component_info *owner, int64_t index) {
  swale_option_info info = {.struct_size = sizeof info};
  WORKS(swale_component_option(owner->kind, owner->name, index, &info));
  return info;
}

static int add(double *values, int count, double value, const swale_option_info *option) {
  if (!(value >= option->lowest && value <= option->highest)) return count;
  for (int i = 0; i < count; i++) {
    if (values[i] == value && signbit(values[i]) == signbit(value)) return count;
  }
  values[count] = value;
  return count + 1;
}

/* The values to try of a numeric option: ends, their neighbours, 0 and its neighbours, and sizes whose squares or
 * conversions to integers do not fit. */
static int ends(const swale_option_info *option, double *values) {
  const double step = option->dtype == SWALE_I64 ? 1 : 0, low = option->lowest, high = option->highest;
  const double reals[] = {low, step > 0 ? low + 1 : nextafter(low, INFINITY), high,
                          step > 0 ? high - 1 : nextafter(high, -INFINITY), 0.0, -0.0, 5e-324, -5e-324, 1e-300, 1e-160,
                          1e-19, 1e19, 1e160, 1.7976931348623157e308};
  const double integers[] = {low, low + 1, high, high - 1, 0, 1, -1, 2, 4611686018427387904.0};
  const int whole = option->dtype == SWALE_I64;
  int count = 0;
  for (size_t i = 0; i < (whole ? sizeof integers : sizeof reals) / sizeof(double); i++)
    count = add(values, count, whole ? integers[i] : reals[i], option);
  return count;
}

static void set_number(swale_options_t options, const swale_option_info *option, double value) {
  if (option->dtype == SWALE_I64 && fabs(value) < 9.2e18) swale_options_set_int(options, option->name, (int64_t)value);
  else swale_options_set_real(options, option->name, value);
}

/* A list of `length` times the value; alternating signs where both are allowed and `length` is above 3. */
static void set_list(swale_options_t options, const swale_option_info *option, double value, int64_t length) {
  double values[9];
  for (int64_t i = 0; i < length; i++) values[i] = length > 3 && i % 2 && -value >= option->lowest ? -value : value;
  swale_options_set_reals(options, option->name, values, length);
}

static const int64_t lengths[] = {1, 2, 3, 5, 9};

/* What a component needs besides the option under test. */
static void set_basis(swale_options_t options, const swale_component_info *owner, const swale_option_info *option) {
  const double diagonal[3] = {1, 2, 3}, ones[4] = {1, 1, 1, 1};
  char path[256];
  if (owner->kind == SWALE_KIND_OBJECTIVE && strcmp(owner->name, "quadratic") == 0) {
    if (strcmp(option->name, "matrix") != 0) swale_options_set_reals(options, "diagonal", diagonal, 3);
  } else if (owner->kind == SWALE_KIND_TRANSFORM && strcmp(owner->name, "select_classes") == 0) {
    swale_options_set_ints(options, "classes", (const int64_t[]){0, 1}, 2);
  } else if (owner->kind == SWALE_KIND_TRANSFORM && strcmp(option->name, "mean") == 0) {
    swale_options_set_reals(options, "scale", ones, 4);
  } else if (owner->kind == SWALE_KIND_TRANSFORM && strcmp(option->name, "value") == 0) {
    swale_options_set_text(options, "threshold", "value");
  } else if (owner->kind == SWALE_KIND_DATASET) {
    const char *const readers[][2] = {{"idx", "images"}, {"csv", "path"}, {"npy", "inputs"}};
    for (int i = 0; i < 3; i++) {
      if (strcmp(owner->name, readers[i][0]) != 0) continue;
      snprintf(path, sizeof path, "%s/a.%s", folder, readers[i][0]);
      swale_options_set_text(options, readers[i][1], path);
      if (i == 0) swale_options_set_text(options, "labels", (snprintf(path, sizeof path, "%s/b.idx", folder), path));
      return;
    }
    if (strcmp(option->name, "samples") != 0) swale_options_set_int(options, "samples", 20);
    if (strcmp(option->name, "features") != 0) swale_options_set_int(options, "features", 9);
  }
}

static swale_run_t short_run(swale_options_t options) {
  swale_run_t run = 0;
  swale_options_t own = options;
  if (own == 0) WORKS(swale_options_create(&own));
  swale_options_set_real(own, "max_seconds", 0.02);
  if (options == 0) swale_options_set_int(own, "max_steps", 40);
  swale_run_create(own, NULL, NULL, &run);
  if (options == 0) WORKS(swale_options_destroy(own));
  return run;
}

/* One solve or measurement; how often one came through. */
static int use(const swale_component_info *owner, swale_options_t options, const struct landscape *at, swale_run_t run,
               int64_t points) {
  double x[3 * MOST_PARAMETERS];
  swale_result_t result = 0;
  swale_status status;
  const int64_t n = at == NULL ? 0 : at->info.dimension;
  for (int64_t i = 0; i < points * n; i++) x[i] = at->x[i % n] * (i / n == 1 ? -0.5 : 1);
  if (owner->kind == SWALE_KIND_SOLVER) status = swale_solve(owner->name, options, at->objective, x, n, run, &result);
  else status = swale_measure(owner->name, options, at ? at->objective : 0, x, points, n, run, &result);
  CHECK(status <= 0 && status != SWALE_E_INTERNAL);
  WORKS(swale_result_destroy(result));
  return status == SWALE_OK;
}

static void exercise(swale_objective_t objective) {
  swale_objective_info info = {.struct_size = sizeof info};
  double x[MOST_PARAMETERS], out[MOST_PARAMETERS * 4], value;
  if (swale_objective_describe(objective, &info) != SWALE_OK || info.dimension > MOST_PARAMETERS) return;
  swale_objective_initialize(objective, info.capabilities & SWALE_CAN_FLIPS ? "binary" : "gaussian", 0, 1, x,
                             info.dimension);
  swale_objective_value(objective, x, info.dimension, &value, out);
  swale_objective_evaluate(objective, x, info.dimension, &value, out);
  swale_objective_hvp(objective, x, x, info.dimension, 1, out);
  swale_objective_gauss_newton(objective, x, x, info.dimension, 1, out);
  swale_options_t steps = 0;
  swale_run_t run = short_run(0);
  swale_result_t result = 0;
  swale_solve(info.capabilities & SWALE_CAN_GRADIENT ? "lbfgs" : "metropolis", steps, objective, x, info.dimension, run,
              &result);
  swale_result_destroy(result);
  swale_run_destroy(run);
  swale_objective_destroy(objective);
}

/* A component of another kind, made and used once. */
static void make(const swale_component_info *owner, swale_options_t options) {
  swale_dataset_t data = 0, labelled = make_labelled(1), made = 0;
  swale_objective_t objective = 0;
  swale_model_t model = make_model();
  swale_array array;
  double x[MOST_PARAMETERS];
  switch (owner->kind) {
    case SWALE_KIND_DATASET:
      if (swale_dataset_create(owner->name, options, 1, &made) == SWALE_OK) swale_dataset_array(made, "inputs", &array);
      break;
    case SWALE_KIND_TRANSFORM:
      if (swale_dataset_transform(labelled, owner->name, options, 1, &made) == SWALE_OK) {
        swale_dataset_array(made, "inputs", &array);
        swale_dataset_array(made, "targets", &array);
      }
      break;
    case SWALE_KIND_LAYER: {
      const int64_t shape[1] = {4};
      swale_model_t other = 0;
      WORKS(swale_model_create(shape, 1, &other));
      swale_model_add(other, "dense", 0, NULL, NULL);
      swale_model_add(other, owner->name, options, NULL, NULL);
      if (swale_objective_create("network", 0, other, labelled, &objective) == SWALE_OK) exercise(objective);
      WORKS(swale_model_destroy(other));
      break;
    }
    case SWALE_KIND_LOSS: /* objectives hold the options of losses */
    case SWALE_KIND_OBJECTIVE:
      data = strcmp(owner->name, "network") == 0 ? labelled : make_dataset("gaussian_mixture", 8, 12);
      if (swale_objective_create(owner->name, options, model, data, &objective) == SWALE_OK ||
          swale_objective_create(owner->name, options, 0, 0, &objective) == SWALE_OK)
        exercise(objective);
      if (data != labelled) WORKS(swale_dataset_destroy(data));
      break;
    case SWALE_KIND_INITIALIZER:
      for (int i = 0; i < landscape_count; i++) {
        swale_objective_initialize(landscapes[i].objective, owner->name, options, 1, x, landscapes[i].info.dimension);
        double value;
        swale_objective_value(landscapes[i].objective, x, landscapes[i].info.dimension, &value, NULL);
      }
      break;
    default: break;
  }
  swale_dataset_destroy(made);
  WORKS(swale_dataset_destroy(labelled));
  WORKS(swale_model_destroy(model));
}

static int64_t points_of(const swale_component_info *owner, int more) {
  const int64_t least = owner->points_min, most = owner->points_max < 3 ? owner->points_max : 3;
  if (owner->kind != SWALE_KIND_METRIC) return 1;
  return more ? most : least > 3 ? 3 : least;
}

/* The component with these options on every landscape that it takes. */
static void try_options(const swale_component_info *owner, swale_options_t options, const char *what) {
  if (owner->kind == SWALE_KIND_RUN) {
    static const char *const names[] = {"sgd", "lbfgs", "metropolis", "focusing_bp", "hessian_top", "local_entropy"};
    for (int k = 0; k < 6; k++) {
      const swale_component_info user = {.kind = k < 4 ? SWALE_KIND_SOLVER : SWALE_KIND_METRIC, .name = names[k]};
      for (int i = 0; i < landscape_count; i++) {
        if (!begin_case("%s of %s on %s", what, user.name, landscapes[i].name)) continue;
        swale_run_t run = short_run(options);
        if (run != 0) use(&user, 0, &landscapes[i], run, 1);
        WORKS(swale_run_destroy(run));
      }
    }
    return;
  }
  if (owner->kind != SWALE_KIND_SOLVER && owner->kind != SWALE_KIND_METRIC) {
    if (begin_case("%s", what)) make(owner, options);
    return;
  }
  for (int i = -1; i < landscape_count; i++) {
    const int theory = owner->kind == SWALE_KIND_METRIC && owner->points_max == 0;
    const int64_t needs = owner->needs & ~(int64_t)SWALE_IS_STOCHASTIC;
    if (theory != (i < 0) || (i >= 0 && (landscapes[i].info.capabilities & needs) != needs)) continue;
    for (int more = 0; more < 2; more++) {
      const int64_t points = points_of(owner, more);
      if (more && points == points_of(owner, 0)) break;
      if (!begin_case("%s on %s, %d points", what, i < 0 ? "nothing" : landscapes[i].name, (int)points)) continue;
      swale_run_t run = short_run(0);
      use(owner, options, i < 0 ? NULL : &landscapes[i], run, points);
      WORKS(swale_run_destroy(run));
    }
  }
}

static void prepare(void) {
  make_landscapes();
  WORKS(swale_set_memory_limit(MEMORY));
}

static void every_option(void) {
  prepare();
  for (swale_kind kind = SWALE_KIND_LAYER; kind <= SWALE_KIND_RUN; kind++) {
    for (int64_t i = 0; i < swale_component_count(kind); i++) {
      const swale_component_info owner = component(kind, i);
      for (int64_t k = 0; k < owner.option_count; k++) {
        const swale_option_info option = option_of(&owner, k);
        double values[MOST_VALUES];
        if (option.dtype != SWALE_F64 && option.dtype != SWALE_I64) continue;
        const int count = ends(&option, values);
        CHECK(count > 0);
        for (int v = 0; v < count; v++) {
          for (size_t l = 0; l < (option.is_list ? sizeof lengths / sizeof *lengths : 1); l++) {
            char what[300];
            swale_options_t options = 0;
            WORKS(swale_options_create(&options));
            set_basis(options, &owner, &option);
            if (option.is_list) set_list(options, &option, values[v], lengths[l]);
            else set_number(options, &option, values[v]);
            snprintf(what, sizeof what, "%s: %s = %.17g (%d of them)", owner.name, option.name, values[v],
                     option.is_list ? (int)lengths[l] : 1);
            try_options(&owner, options, what);
            WORKS(swale_options_destroy(options));
          }
        }
      }
    }
  }
}

static uint64_t random_state;
static long random_cases;

static int below(int64_t count) {
  random_state ^= random_state << 13, random_state ^= random_state >> 7, random_state ^= random_state << 17;
  return (int)((random_state >> 11) % (uint64_t)count);
}

/* One to five options at once, among them texts of the list of choices. */
static void random_options(void) {
  prepare();
  const uint64_t seed = random_state;
  for (long number = 0; number < random_cases; number++) {
    random_state = (seed + (uint64_t)number) * 0x9E3779B97F4A7C15u | 1;
    for (int i = 0; i < 8; i++) below(2);
    const swale_kind kind = (swale_kind[]){SWALE_KIND_SOLVER, SWALE_KIND_METRIC, SWALE_KIND_OBJECTIVE,
                                           SWALE_KIND_DATASET, SWALE_KIND_TRANSFORM}[below(2) ? below(2) : below(5)];
    const swale_component_info owner = component(kind, below(swale_component_count(kind)));
    char what[400];
    int used = snprintf(what, sizeof what, "number %ld: %s", number, owner.name);
    swale_options_t options = 0;
    WORKS(swale_options_create(&options));
    for (int k = owner.option_count > 0 ? 1 + below(5) : 0; k > 0; k--) {
      const swale_option_info option = option_of(&owner, below(owner.option_count));
      double values[MOST_VALUES];
      if (k == 1) set_basis(options, &owner, &option);
      if (option.dtype == SWALE_BOOL) {
        const int on = below(2);
        swale_options_set_bool(options, option.name, on);
        used += snprintf(what + used, sizeof what - (size_t)used, ", %s = %d", option.name, on);
      } else if (option.dtype == SWALE_TEXT) {
        char copy[400], *word = copy, *found = copy;
        snprintf(copy, sizeof copy, "%s", option.choices);
        for (int words = 0; (word = strtok(words ? NULL : copy, " ")) != NULL; words++)
          if (below(words + 1) == 0) found = word;
        if (*found != 0) swale_options_set_text(options, option.name, found);
        used += snprintf(what + used, sizeof what - (size_t)used, ", %s = %s", option.name, found);
      } else {
        const int count = ends(&option, values), v = below(count);
        const int64_t length = lengths[below(sizeof lengths / sizeof *lengths)];
        if (option.is_list) set_list(options, &option, values[v], length);
        else set_number(options, &option, values[v]);
        used += snprintf(what + used, sizeof what - (size_t)used, ", %s = %.17g (%d)", option.name, values[v],
                         option.is_list ? (int)length : 1);
      }
      if (used > 300) break;
    }
    try_options(&owner, options, what);
    WORKS(swale_options_destroy(options));
  }
}

static void write_file(const char *name, const char *bytes, size_t count) {
  char path[256];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "wb");
  CHECK(file != NULL && fwrite(bytes, 1, count, file) == count && fclose(file) == 0);
}

static void write_files(void) {
  CHECK(mkdtemp(folder) != NULL);
  static const char images[] = "\0\0\x08\x02\0\0\0\x03\0\0\0\x02\1\2\3\4\5\6";
  static const char labels[] = "\0\0\x08\x01\0\0\0\x03\0\1\2";
  write_file("a.idx", images, sizeof images - 1);
  write_file("b.idx", labels, sizeof labels - 1);
  write_file("a.csv", "1,2,0\n3,4,1\n", 12);
  static const char header[] = "\x93NUMPY\1\0\x76\0{'descr': '|u1', 'fortran_order': False, 'shape': (3, 2), }";
  char npy[128 + 6];
  memset(npy, ' ', sizeof npy);
  memcpy(npy, header, sizeof header - 1);
  npy[127] = '\n';
  write_file("a.npy", npy, sizeof npy);
}

static void remove_files(void) {
  static const char *const names[] = {"a.idx", "b.idx", "a.csv", "a.npy"};
  char path[256];
  for (int i = 0; i < 4; i++) {
    snprintf(path, sizeof path, "%s/%s", folder, names[i]);
    CHECK(remove(path) == 0);
  }
  CHECK(rmdir(folder) == 0);
}

int main(int argc, char **argv) {
  write_files();
  random_cases = argc > 1 ? atol(argv[1]) : 0;
  random_state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
  if (random_cases > 0) run_in_children("random options", random_options, ROOM);
  else run_in_children("ends of options", every_option, ROOM);
  remove_files();
  return finish("option_ends");
}
