/* Solver plugins that behave and misbehave; -DMODE chooses one. The good one halves x in every step. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <swale/plugin.h>

#define GOOD 1
#define WRONG_ABI 2       /* the plugin finds a library that it was not made for */
#define SHORT_STRUCT 3    /* a table that ends before `destroy` */
#define OLD_STRUCT 4      /* a table without the optional members: allowed */
#define FAILING_CREATE 5
#define FAILING_STEP 6
#define SILENT_STEP 7     /* fails without a sentence */
#define DUPLICATE 8
#define NO_SYMBOL 9
#define NO_STEP 10
#define NAN_STEP 11
#define MISUSE 12         /* calls every service with NULL, unknown names and impossible sizes */
#define NO_OPTION_NAME 13
#define ODD_REASON 14

int fixture_created, fixture_destroyed;

static swale_status create(const swale_host *host, swale_job *job, int64_t count, void **state) {
  (void)count;
  if (MODE == FAILING_CREATE) return host->fail(job, SWALE_E_STATE, "the fixture cannot be created");
  double factor = 0;
  swale_status status = host->option_real(job, "factor", &factor);
  if (status != SWALE_OK) return status;
  double *own = malloc(sizeof *own);
  if (own == NULL) return host->fail(job, SWALE_E_MEMORY, "no memory");
  *own = factor;
  *state = own;
  fixture_created++;
  return SWALE_OK;
}

static int misuse(const swale_host *host, swale_job *job, double *params, int64_t count) {
  double number = 0, *vector = calloc((size_t)count + 1, sizeof *vector);
  int64_t whole = 0;
  const char *text = NULL;
  int wrong = 0;
  swale_array array;
  memset(&array, 0, sizeof array);
  wrong += host->value(NULL, params, &number, NULL) >= 0;
  wrong += host->value(job, NULL, &number, NULL) >= 0;
  wrong += host->value(job, params, NULL, vector) >= 0;
  wrong += host->hvp(job, params, NULL, vector) >= 0;
  wrong += host->hvp(NULL, params, params, vector) >= 0;
  wrong += host->flip(job, params, 0, &number) >= 0;
  wrong += host->draw_batch(job, -1) >= 0;
  wrong += host->draw_batch(job, INT64_MAX) >= 0;
  wrong += host->draw_batch(NULL, 0) >= 0;
  wrong += host->random_uniform(job, 0, NULL, 3) >= 0;
  wrong += host->random_normal(job, 0, vector, -3) >= 0;
  wrong += host->option_real(job, "no_such", &number) >= 0;
  wrong += host->option_real(job, NULL, &number) >= 0;
  wrong += host->option_real(job, "factor", NULL) >= 0;
  wrong += host->option_int(job, "factor", &whole) >= 0;
  wrong += host->option_text(job, "factor", &text) >= 0;
  wrong += host->record(job, NULL, &array) >= 0;
  wrong += host->record(job, "a", NULL) >= 0;
  wrong += host->record(job, "a", &array) >= 0; /* dtype 0 */
  wrong += host->stopping(NULL) == 0;
  wrong += host->fail(NULL, SWALE_OK, NULL) >= 0;
  host->log(NULL, 99, NULL);
  free(vector);
  return wrong;
}

static swale_status step(const swale_host *host, swale_job *job, void *state, double *params, int64_t count,
                         swale_reason *reason) {
  if (MODE == FAILING_STEP) return host->fail(job, SWALE_E_NONFINITE, "the fixture cannot step");
  if (MODE == SILENT_STEP) return -5000;
  if (MODE == ODD_REASON) *reason = 12345;
  if (MODE == MISUSE) {
    int wrong = misuse(host, job, params, count);
    double found = wrong;
    swale_array array = {&found, SWALE_F64, 0, {0}, NULL, NULL};
    *reason = SWALE_CONVERGED;
    return host->record(job, "not_refused", &array);
  }
  for (int64_t i = 0; i < count; i++) params[i] *= *(double *)state;
  if (MODE == NAN_STEP) params[0] = NAN;
  return SWALE_OK;
}

static void destroy(void *state) {
  free(state);
  fixture_destroyed++;
}

static const swale_option_record options[] = {
    {sizeof(swale_option_record), SWALE_F64, MODE == NO_OPTION_NAME ? NULL : "factor", "Factor of each step.", 0.5, 0, 2,
     NULL, NULL},
};

static const swale_solver_plugin solver = {
    MODE == SHORT_STRUCT ? offsetof(swale_solver_plugin, destroy)
    : MODE == OLD_STRUCT ? offsetof(swale_solver_plugin, save)
                         : sizeof(swale_solver_plugin),
    0,
    NAME,
    "A test fixture.",
    NULL,
    options,
    1,
    create,
    MODE == NO_STEP ? NULL : step,
    destroy,
    NULL,
    NULL,
};

swale_status swale_plugin_init_v1(const swale_registrar *registrar);
swale_status fixture_unused(const swale_registrar *registrar);

#if MODE == NO_SYMBOL
#define swale_plugin_init_v1 fixture_unused
#endif

swale_status swale_plugin_init_v1(const swale_registrar *registrar) {
  if (MODE == WRONG_ABI || registrar->abi != SWALE_PLUGIN_ABI) return SWALE_E_PLUGIN;
  return registrar->solver(registrar->registry, &solver);
}
