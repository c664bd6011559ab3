/* What plugins may register: tables of other sizes, option records that make no sense, an init that fails or registers
 * from within, names that the library needs itself. */
#include "check.h"

#include <pthread.h>

static swale_option_record number(const char *name, double fallback, double lowest, double highest) {
  return (swale_option_record){
      sizeof(swale_option_record), SWALE_F64, name, "A number.", fallback, lowest, highest, NULL, NULL};
}

static swale_option_record word(const char *name, const char *fallback, const char *choices) {
  return (swale_option_record){sizeof(swale_option_record), SWALE_TEXT, name, "A word.", 0, 0, 0, fallback, choices};
}

/* What `step` does: writes this reason, or records an array of this name. */
static swale_reason wanted_reason = SWALE_CONVERGED;
static const char *wanted_array, *wanted_option;
static double seen_option;
static char seen_text[64];
static swale_status record_status;

static swale_status create(const swale_host *host, swale_job *job, int64_t count, void **state) {
  const char *text = NULL;
  (void)count;
  *state = NULL;
  seen_option = -1;
  if (wanted_option != NULL && host->option_real(job, wanted_option, &seen_option) != SWALE_OK &&
      host->option_text(job, wanted_option, &text) == SWALE_OK)
    snprintf(seen_text, sizeof seen_text, "%s", text);
  return SWALE_OK;
}

static swale_status step(const swale_host *host, swale_job *job, void *state, double *params, int64_t count,
                         swale_reason *reason) {
  (void)state, (void)params, (void)count;
  if (wanted_array != NULL) {
    const double value = 77;
    const swale_array array = {&value, SWALE_F64, 0, {0}, NULL, NULL};
    record_status = host->record(job, wanted_array, &array);
    if (record_status != SWALE_OK) return record_status;
  }
  *reason = wanted_reason;
  return SWALE_OK;
}

static void destroy(void *state) { (void)state; }

static swale_solver_plugin table(const char *name, const swale_option_record *options, int64_t count) {
  return (swale_solver_plugin){
      sizeof(swale_solver_plugin), 1, name, "A test.", "", options, count, create, step, destroy, NULL, NULL};
}

/* The one table that `init` registers, and how it ends. */
static swale_solver_plugin one, two;
static swale_status solver_status, init_status;
static int register_two;

static swale_status init(const swale_registrar *registrar) {
  solver_status = registrar->solver(registrar->registry, &one);
  if (register_two) return registrar->solver(registrar->registry, &two);
  return init_status != SWALE_OK ? init_status : solver_status;
}

static int listed(const char *name) {
  swale_component_info info = {.struct_size = sizeof info};
  int found = 0;
  for (int64_t i = 0; i < swale_component_count(SWALE_KIND_SOLVER); i++)
    found += swale_component(SWALE_KIND_SOLVER, i, &info) == SWALE_OK && strcmp(info.name, name) == 0;
  return found;
}

static swale_status solve(const char *solver, swale_options_t options, swale_result_t *result) {
  double x[3] = {1, 1, 1};
  swale_objective_t bowl = make_bowl();
  swale_options_t recording = with_real("trajectory_every", 1);
  swale_run_t run = 0;
  *result = 0;
  WORKS(swale_run_create(recording, NULL, NULL, &run));
  const swale_status status = swale_solve(solver, options, bowl, x, 3, run, result);
  WORKS(swale_run_destroy(run));
  WORKS(swale_options_destroy(recording));
  WORKS(swale_objective_destroy(bowl));
  return status;
}

#define REFUSED_RECORDS(words, ...)                                                                                \
  do {                                                                                                             \
    const swale_option_record records[] = {__VA_ARGS__};                                                           \
    one = table("refused", records, sizeof records / sizeof *records);                                             \
    REFUSED(SWALE_E_PLUGIN, words, swale_plugin_register(init));                                                   \
    CHECK(!listed("refused"));                                                                                     \
  } while (0)

static void test_records(void) {
  swale_option_record odd = number("a", 1, 0, 2);
  REFUSED_RECORDS("empty range", number("a", 3, 5, 1));
  REFUSED_RECORDS("empty range", number("a", 1, NAN, 2));
  REFUSED_RECORDS("empty range", number("a", 1, 0, NAN));
  REFUSED_RECORDS("outside", number("a", NAN, 0, 2));
  REFUSED_RECORDS("outside", number("a", 99, 0, 2));
  REFUSED_RECORDS("outside", number("a", -INFINITY, 0, 2));
  REFUSED_RECORDS("twice", number("a", 1, 0, 2), word("a", "", NULL));
  REFUSED_RECORDS("empty", number("", 1, 0, 2));
  REFUSED_RECORDS("empty", number(NULL, 1, 0, 2));
  REFUSED_RECORDS("control", number("a\nb", 1, 0, 2));
  REFUSED_RECORDS("control", number("a\x7f", 1, 0, 2));
  REFUSED_RECORDS("blanks", number("a b", 1, 0, 2));
  REFUSED_RECORDS("UTF-8", number("a\xff", 1, 0, 2));
  REFUSED_RECORDS("'x y'", number("x y", 1, 0, 2));
  REFUSED_RECORDS("allowed a, b", word("w", "zz", "a b"));
  REFUSED_RECORDS("allowed a, b", word("w", NULL, "a b"));
  REFUSED_RECORDS("choice twice", word("w", "a", "a a"));
  REFUSED_RECORDS("control", word("w", "a", "a\tb"));
  odd.doc = "Two\nlines.";
  REFUSED_RECORDS("control", odd);
  odd = number("a", 0.5, 0, 2);
  odd.dtype = SWALE_I64;
  REFUSED_RECORDS("whole", odd);
  odd = number("a", 1e300, 0, INFINITY);
  odd.dtype = SWALE_I64;
  REFUSED_RECORDS("whole", odd);
  odd = number("a", 7, 0, 0);
  odd.dtype = SWALE_BOOL;
  REFUSED_RECORDS("0 and 1", odd);
  odd.dtype = 99;
  REFUSED_RECORDS("dtype 99", odd);
  for (uint32_t size = 0; size < sizeof odd; size += 8) {
    odd = number("a", 1, 0, 2);
    odd.struct_size = size;
    REFUSED_RECORDS("struct_size", odd);
  }
  odd.struct_size = sizeof odd + 4;
  REFUSED_RECORDS("struct_size", odd, odd);
  odd = number("b", 1, 0, 2);
  odd.struct_size = 72;
  REFUSED_RECORDS("record 1", number("a", 1, 0, 2), odd);
}

static void test_tables(void) {
  static const char *const names[] = {"", "two words", "line\n", "\xff\xfe"};
  for (int i = 0; i < 4; i++) {
    one = table(names[i], NULL, 0);
    CHECK(swale_plugin_register(init) == SWALE_E_PLUGIN);
  }
  one = table("refused", NULL, 1);
  REFUSED(SWALE_E_PLUGIN, "option_count", swale_plugin_register(init));
  one = table("refused", NULL, -1);
  REFUSED(SWALE_E_PLUGIN, "option_count", swale_plugin_register(init));
  one = table("refused", NULL, 0);
  one.needs = 1u << 30;
  REFUSED(SWALE_E_PLUGIN, "SWALE_CAN_", swale_plugin_register(init));
  for (uint32_t size = 0; size < sizeof one; size++) { /* only the ends of `destroy`, `save` and `restore` will do */
    if (size == offsetof(swale_solver_plugin, save) || size == offsetof(swale_solver_plugin, restore)) continue;
    one = table("refused", NULL, 0);
    one.struct_size = size;
    REFUSED(SWALE_E_PLUGIN, "struct_size", swale_plugin_register(init));
  }
  CHECK(!listed("refused"));
}

/* Tables and records of a later header: longer, and walked by their own size. */
static void test_longer_structs(void) {
  static struct {
    swale_option_record record;
    const char *unit;
    double scale;
  } later[3];
  static struct {
    swale_solver_plugin plugin;
    void *more[4];
  } longer;
  swale_result_t result = 0;
  for (int i = 0; i < 3; i++) {
    later[i].record = i == 2 ? word("third", "b", "a b") : number(i == 0 ? "first" : "second", 1.5 + i, 0, 5);
    later[i].record.struct_size = sizeof later[i];
    later[i].unit = "ns";
    later[i].scale = NAN;
  }
  one = table("longer", &later[0].record, 3);
  WORKS(swale_plugin_register(init));
  wanted_option = "second";
  WORKS(solve("longer", 0, &result));
  CHECK(seen_option == 2.5);
  WORKS(swale_result_destroy(result));
  wanted_option = "third";
  WORKS(solve("longer", 0, &result));
  CHECK(strcmp(seen_text, "b") == 0);
  WORKS(swale_result_destroy(result));
  wanted_option = NULL;
  memset(&longer, 0x5a, sizeof longer);
  longer.plugin = table("longer_table", NULL, 0);
  longer.plugin.struct_size = sizeof longer;
  one = longer.plugin;
  WORKS(swale_plugin_register(init));
  CHECK(listed("longer") == 1 && listed("longer_table") == 1);
}

static const swale_registrar *kept;
static swale_registrar kept_copy;
static swale_status nested_status, foreign_status;

static swale_status init_inner(const swale_registrar *registrar) {
  static const swale_solver_plugin inner = {
      sizeof inner, 1, "inner", "", "", NULL, 0, create, step, destroy, NULL, NULL};
  return registrar->solver(registrar->registry, &inner);
}

static swale_status init_nested(const swale_registrar *registrar) {
  nested_status = swale_plugin_register(init_inner);
  foreign_status = registrar->solver((void *)registrar, &one);
  kept = registrar;
  kept_copy = *registrar;
  return registrar->solver(registrar->registry, &one);
}

static void test_init(void) {
  swale_result_t result = 0;
  one = table("half", NULL, 0);
  init_status = SWALE_E_STATE;
  CHECK(swale_plugin_register(init) == SWALE_E_STATE && solver_status == SWALE_OK);
  CHECK(!listed("half"));
  REFUSED(SWALE_E_NAME, "half", solve("half", 0, &result));
  init_status = 5; /* no status at all */
  REFUSED(SWALE_E_PLUGIN, "status 5", swale_plugin_register(init));
  init_status = SWALE_OK;
  register_two = 1;
  two = table("half", NULL, 0);
  REFUSED(SWALE_E_PLUGIN, "registered already", swale_plugin_register(init));
  two = table("sgd", NULL, 0);
  REFUSED(SWALE_E_PLUGIN, "registered already", swale_plugin_register(init));
  CHECK(!listed("half"));
  two = table("other_half", NULL, 0);
  WORKS(swale_plugin_register(init)); /* the corrected plugin takes the place */
  register_two = 0;
  CHECK(listed("half") == 1 && listed("other_half") == 1);
  WORKS(solve("half", 0, &result));
  WORKS(swale_result_destroy(result));

  one = table("outer", NULL, 0);
  WORKS(swale_plugin_register(init_nested));
  CHECK(nested_status == SWALE_E_STATE && foreign_status == SWALE_E_PLUGIN);
  CHECK(listed("outer") == 1 && listed("inner") == 0);
  WORKS(swale_plugin_register(init_inner));
  one = table("late", NULL, 0);
  REFUSED(SWALE_E_PLUGIN, "during init", kept_copy.solver(kept_copy.registry, &one));
  REFUSED(SWALE_E_PLUGIN, "during init", kept_copy.solver(NULL, &one));
  CHECK(kept != NULL && !listed("late"));
}

static void *register_on_thread(void *unused) {
  (void)unused;
  return (void *)(intptr_t)swale_plugin_register(init_inner);
}

/* Another thread that registers meanwhile is not nested: of two that want one name, one is refused. */
static void test_threads(void) {
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) CHECK(pthread_create(&threads[i], NULL, register_on_thread, NULL) == 0);
  for (int i = 0; i < 4; i++) {
    void *status = NULL;
    pthread_join(threads[i], &status);
    CHECK((swale_status)(intptr_t)status == SWALE_E_PLUGIN); /* taken by test_init */
  }
  CHECK(listed("inner") == 1);
}

/* Whatever the library records by itself, a plugin may not record. */
static void test_reserved_names(void) {
  static const char *const named[] = {"x", "fun", "reason", "success", "message", "seconds", "steps", "trajectory",
                                      "gradient_norm", "metric", "error", "product_method", "", "a\nb"};
  swale_result_t plain = 0, result = 0;
  one = table("recorder", NULL, 0);
  WORKS(swale_plugin_register(init));
  wanted_array = "my_array";
  WORKS(solve("recorder", 0, &plain));
  CHECK(scalar(plain, "my_array") == 77);
  CHECK(swale_result_count(plain) > 15);
  for (int64_t i = 0; i < swale_result_count(plain); i++) {
    wanted_array = swale_result_name(plain, i);
    if (strcmp(wanted_array, "my_array") == 0) continue;
    REFUSED(SWALE_E_NAME, "reserved", solve("recorder", 0, &result));
    CHECK(record_status == SWALE_E_NAME && result == 0);
  }
  for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
    wanted_array = named[i];
    CHECK(solve("recorder", 0, &result) == SWALE_E_NAME && result == 0);
  }
  wanted_array = NULL;
  WORKS(swale_result_destroy(plain));
}

static void test_reasons(void) {
  static const swale_reason odd[] = {-1, 11, 99, 12345, INT32_MIN, INT32_MAX};
  swale_result_t result = 0;
  for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
    wanted_reason = odd[i];
    REFUSED(SWALE_E_PLUGIN, "allowed 0 ... 10", solve("recorder", 0, &result));
  }
  for (wanted_reason = SWALE_CONVERGED; wanted_reason <= SWALE_NO_SOLUTION; wanted_reason++) {
    WORKS(solve("recorder", 0, &result));
    CHECK(scalar(result, "reason") == wanted_reason);
    WORKS(swale_result_destroy(result));
  }
}

static void value(const double *x, int64_t n, double *f, double *g, swale_status *status, void *user) {
  (void)n, (void)user;
  *f = x[0] * x[0];
  if (g != NULL) g[0] = 2 * x[0];
  *status = SWALE_OK;
}

static int released;
static void release(void *user) {
  (void)user;
  released++;
}

/* Sizes of the table of callbacks: what ends in the middle of a pointer is refused, what ends before `release` does not
 * call it. */
static void test_callback_sizes(void) {
  for (uint32_t size = 0; size <= sizeof(swale_callbacks) + 16; size++) {
    struct {
      swale_callbacks table;
      uint64_t more[2];
    } longer = {{size, 1, 1, value, NULL, NULL, release}, {0, 0}};
    const int whole = size >= offsetof(swale_callbacks, user) && size % 8 == 0;
    swale_objective_t objective = 0;
    released = 0;
    const swale_status status = swale_objective_from_callbacks(&longer.table, &objective);
    CHECK(status == (whole ? SWALE_OK : SWALE_E_ARGUMENT));
    CHECK(whole || strstr(swale_last_error(), "struct_size") != NULL);
    WORKS(swale_objective_destroy(objective));
    CHECK(released == (whole && size >= sizeof(swale_callbacks)));
  }
}

int main(void) {
  test_records();
  test_tables();
  test_longer_structs();
  test_init();
  test_threads();
  test_reserved_names();
  test_reasons();
  test_callback_sizes();
  return finish("registration");
}
