/* Hosts that have set their floating-point unit. One that traps exceptions (as Fortran, Delphi and some debuggers do)
 * uses every solver, metric and oracle on ordinary input, and is not ended by SIGFPE; with other roundings, or without
 * subnormal numbers, the bits are the same. Modes and flags are the host's own after every call. */
#define _GNU_SOURCE
#include "child.h"
#include "landscapes.h"

#include <fenv.h>

static void ordinary_use(void) {
  make_landscapes();
  for (int i = 0; i < landscape_count; i++) {
    const struct landscape *at = &landscapes[i];
    double x[2 * MOST_PARAMETERS], out[16 * MOST_PARAMETERS], value;
    for (int64_t k = 0; k < 2 * at->info.dimension; k++)
      x[k] = at->x[k % at->info.dimension] * (k < at->info.dimension ? 1 : -1);
    if (begin_case("oracle of %s", at->name)) {
      feenableexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW);
      swale_objective_value(at->objective, x, at->info.dimension, &value, out);
      swale_objective_evaluate(at->objective, x, at->info.dimension, &value, out);
      swale_objective_hvp(at->objective, x, x, at->info.dimension, 1, out);
      swale_objective_gauss_newton(at->objective, x, x, at->info.dimension, 1, out);
      fedisableexcept(FE_ALL_EXCEPT);
    }
    for (swale_kind kind = SWALE_KIND_SOLVER; kind <= SWALE_KIND_METRIC; kind++) {
      for (int64_t c = 0; c < swale_component_count(kind); c++) {
        swale_component_info info = {.struct_size = sizeof info};
        WORKS(swale_component(kind, c, &info));
        const int theory = kind == SWALE_KIND_METRIC && info.points_max == 0;
        const int64_t needs = info.needs & ~(int64_t)SWALE_IS_STOCHASTIC;
        if ((at->info.capabilities & needs) != needs || info.points_min > 2 || (theory && i > 0)) continue;
        if (!begin_case("%s of %s", info.name, at->name)) continue;
        double start[2 * MOST_PARAMETERS];
        swale_options_t options = with_real("max_seconds", 0.2);
        swale_run_t run = 0;
        swale_result_t result = 0;
        memcpy(start, x, sizeof start);
        WORKS(swale_options_set_int(options, "max_steps", 300));
        WORKS(swale_run_create(options, NULL, NULL, &run));
        WORKS(swale_options_destroy(options));
        feclearexcept(FE_ALL_EXCEPT);
        feenableexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW);
        if (kind == SWALE_KIND_SOLVER)
          swale_solve(info.name, 0, at->objective, start, at->info.dimension, run, &result);
        else
          swale_measure(info.name, 0, theory ? 0 : at->objective, start, info.points_min,
                        theory ? 0 : at->info.dimension, run, &result);
        fedisableexcept(FE_ALL_EXCEPT);
        WORKS(swale_result_destroy(result));
        WORKS(swale_run_destroy(run));
      }
    }
  }
}

static void work(double *out) {
  const struct landscape *at = &landscapes[0];
  double x[MOST_PARAMETERS];
  swale_result_t result = 0;
  swale_run_t run = make_run(30, NULL, NULL);
  memcpy(x, at->x, sizeof x);
  WORKS(swale_solve("adam", 0, at->objective, x, at->info.dimension, run, &result));
  WORKS(swale_result_destroy(result));
  WORKS(swale_measure("hessian_trace", 0, at->objective, x, 1, at->info.dimension, run, &result));
  out[at->info.dimension] = scalar(result, "trace");
  WORKS(swale_result_destroy(result));
  WORKS(swale_run_destroy(run));
  memcpy(out, x, (size_t)at->info.dimension * sizeof *x);
  /* a product of the smallest numbers, which flushing would make 0 */
  const double tiny[3] = {3e-320, 1e-310, 1};
  double product[3];
  swale_objective_t bowl = make_bowl();
  WORKS(swale_objective_hvp(bowl, tiny, tiny, 3, 1, product));
  CHECK(memcmp(&product[0], &tiny[0], sizeof *tiny) == 0);
  WORKS(swale_objective_destroy(bowl));
}

static void test_modes(void) {
  static const int roundings[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
  double plain[MOST_PARAMETERS + 1] = {0}, other[MOST_PARAMETERS + 1] = {0};
  make_landscapes();
  work(plain);
  for (int i = 0; i < 3; i++) {
    CHECK(fesetround(roundings[i]) == 0);
    feclearexcept(FE_ALL_EXCEPT);
    feraiseexcept(FE_UNDERFLOW);
    work(other);
    CHECK(fegetround() == roundings[i]);
    CHECK(fetestexcept(FE_ALL_EXCEPT) == FE_UNDERFLOW);
    fesetround(FE_TONEAREST);
    CHECK(memcmp(plain, other, sizeof plain) == 0);
  }
  CHECK(feenableexcept(FE_INVALID | FE_DIVBYZERO) >= 0);
  work(other);
  CHECK(fegetexcept() == (FE_INVALID | FE_DIVBYZERO));
  fedisableexcept(FE_ALL_EXCEPT);
  CHECK(memcmp(plain, other, sizeof plain) == 0);
#if defined(__x86_64__)
  const unsigned before = __builtin_ia32_stmxcsr(), flushing = 0x8040;
  __builtin_ia32_ldmxcsr(before | flushing);
  work(other);
  const unsigned after = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(before);
  CHECK((after & flushing) == flushing);
  CHECK(memcmp(plain, other, sizeof plain) == 0);
#endif
}

int main(void) {
  run_in_children("trapped floating-point exceptions", ordinary_use, 0);
  test_modes();
  return finish("floating_point");
}
