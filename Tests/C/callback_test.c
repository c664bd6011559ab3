/* Landscapes made of the host program's functions: f(x) = sum of i x_i^2 / 2, and the ways in which such functions
 * misbehave. */
#include "check.h"

enum behaviour { GOOD, SAYS_FAILED, SAYS_NOTHING, GIVES_NAN, GIVES_NAN_GRADIENT };

struct host {
  enum behaviour behaviour;
  int fail_after; /* behave well for so many calls */
  int calls, released;
};

static void value(const double *x, int64_t count, double *value, double *gradient, swale_status *status, void *user) {
  struct host *self = user;
  enum behaviour now = self->calls++ < self->fail_after ? GOOD : self->behaviour;
  if (now == SAYS_NOTHING) return;
  *value = 0;
  for (int64_t i = 0; i < count; i++) {
    *value += 0.5 * (double)(i + 1) * x[i] * x[i];
    if (gradient) gradient[i] = (double)(i + 1) * x[i];
  }
  if (now == GIVES_NAN) *value = NAN;
  if (now == GIVES_NAN_GRADIENT && gradient) gradient[0] = NAN;
  *status = now == SAYS_FAILED ? SWALE_E_CALLBACK : SWALE_OK;
}

static void hvp(const double *x, const double *v, int64_t count, double *out, swale_status *status, void *user) {
  (void)x;
  (void)user;
  for (int64_t i = 0; i < count; i++) out[i] = (double)(i + 1) * v[i];
  *status = SWALE_OK;
}

static void release(void *user) { ((struct host *)user)->released++; }

static swale_callbacks table(struct host *host) {
  swale_callbacks callbacks;
  memset(&callbacks, 0, sizeof callbacks);
  callbacks.struct_size = sizeof callbacks;
  callbacks.gradient_available = 1;
  callbacks.dimension = 4;
  callbacks.value = value;
  callbacks.hvp = hvp;
  callbacks.user = host;
  callbacks.release = release;
  return callbacks;
}

static void test_good(void) {
  struct host host = {GOOD, 0, 0, 0};
  swale_callbacks callbacks = table(&host);
  swale_objective_t f = 0;
  swale_result_t result = 0;
  double x[4] = {1, 1, 1, 1}, v[4] = {1, 0, 0, 2}, out[4], at = 0;
  WORKS(swale_objective_from_callbacks(&callbacks, &f));
  memset(&callbacks, 0xff, sizeof callbacks); /* the table was copied */
  WORKS(swale_objective_value(f, x, 4, &at, out));
  CHECK(at == 5 && out[3] == 4);
  WORKS(swale_objective_hvp(f, x, v, 4, 1, out));
  CHECK(out[0] == 1 && out[1] == 0 && out[3] == 8);
  WORKS(swale_solve("lbfgs", 0, f, x, 4, 0, &result));
  CHECK(scalar(result, "fun") < 1e-10 && scalar(result, "reason") == SWALE_CONVERGED);
  WORKS(swale_result_destroy(result));
  WORKS(swale_measure("hessian_dense", 0, f, x, 1, 4, 0, &result));
  CHECK(fabs(scalar(result, "trace") - 10) < 1e-9);
  WORKS(swale_result_destroy(result));
  CHECK(host.released == 0);
  WORKS(swale_objective_destroy(f));
  CHECK(host.released == 1);
}

static void test_differences_and_refusals(void) {
  struct host host = {GOOD, 0, 0, 0};
  swale_callbacks callbacks = table(&host);
  swale_objective_t f = 0;
  swale_result_t result = 0;
  double x[4] = {1, 1, 1, 1}, v[4] = {0, 1, 0, 0}, out[4];
  callbacks.hvp = NULL;
  WORKS(swale_objective_from_callbacks(&callbacks, &f));
  WORKS(swale_objective_hvp(f, x, v, 4, 1, out));
  CHECK(fabs(out[1] - 2) < 1e-6); /* central differences: about eps^(2/3), and exact but for rounding on a quadratic */
  WORKS(swale_objective_destroy(f));
  callbacks.gradient_available = 0;
  WORKS(swale_objective_from_callbacks(&callbacks, &f));
  CHECK(swale_solve("lbfgs", 0, f, x, 4, 0, &result) == SWALE_E_UNSUPPORTED);
  CHECK(strstr(swale_last_error(), "gradient") != NULL);
  WORKS(swale_objective_destroy(f));
  CHECK(host.released == 2);
  callbacks.value = NULL;
  REFUSED(SWALE_E_ARGUMENT, "value", swale_objective_from_callbacks(&callbacks, &f));
  callbacks = table(&host);
  callbacks.dimension = -1;
  REFUSED(SWALE_E_ARGUMENT, "dimension", swale_objective_from_callbacks(&callbacks, &f));
  callbacks.dimension = 4;
  callbacks.struct_size = 3;
  REFUSED(SWALE_E_ARGUMENT, "struct_size", swale_objective_from_callbacks(&callbacks, &f));
  CHECK(host.released == 2); /* what failed has not taken ownership */
}

static void test_failure(enum behaviour behaviour, int fail_after) {
  struct host host = {behaviour, fail_after, 0, 0};
  swale_callbacks callbacks = table(&host);
  swale_objective_t f = 0;
  swale_result_t result = 0;
  double x[4] = {1, 2, 3, 4};
  WORKS(swale_objective_from_callbacks(&callbacks, &f));
  const char *solvers[] = {"sgd", "adam", "lbfgs", "newton_cg"};
  for (int i = 0; i < 4; i++) {
    host.calls = 0;
    swale_status status = swale_solve(solvers[i], 0, f, x, 4, 0, &result);
    if (behaviour == SAYS_FAILED || behaviour == SAYS_NOTHING) {
      CHECK(status == SWALE_E_CALLBACK && strstr(swale_last_error(), "value") != NULL);
    } else if (status == SWALE_OK) { /* NaN: the run ends as diverged, or is refused in words */
      CHECK(scalar(result, "reason") == SWALE_DIVERGED || scalar(result, "reason") == SWALE_STALLED);
      WORKS(swale_result_destroy(result));
    } else {
      CHECK(status == SWALE_E_NONFINITE && swale_last_error()[0] != '\0');
    }
    for (int j = 0; j < 4; j++) CHECK(isfinite(x[j])); /* no garbage comes back */
  }
  WORKS(swale_objective_destroy(f));
  CHECK(host.released == 1);
}

int main(void) {
  test_good();
  test_differences_and_refusals();
  for (int fail_after = 0; fail_after < 6; fail_after += 3) {
    test_failure(SAYS_FAILED, fail_after);
    test_failure(SAYS_NOTHING, fail_after);
    test_failure(GIVES_NAN, fail_after);
    test_failure(GIVES_NAN_GRADIENT, fail_after);
  }
  return finish("callback");
}
