/* SPDX-License-Identifier: MIT
 * The clipped perceptron as a plugin: a solver of binary weights that works on the factor graph of the landscape.
 *
 * Every weight w_i = sign(h_i) has a hidden odd integer h_i. For each pattern that is misclassified,
 *
 *   h_i <- h_i + 2 label xi_i   for all i
 *
 * One step is one pass over the patterns. It finds solutions of random patterns up to about 0.3 patterns a weight
 * (Baldassi, Braunstein, Brunel, Zecchina, PNAS 104 (2007) 11079, of which this is the case without the metaplastic
 * rule). Needs a perceptron with inputs +1 and -1. Nothing to link against:
 *
 *   gcc -std=c99 -O2 -fPIC -shared -I../../include clipped_perceptron.c -o clipped_perceptron.so */
#include <stdint.h>
#include <stdlib.h>

#include <swale/plugin.h>

struct clipped_perceptron {
  swale_patterns graph;
  int32_t *hidden; /* one odd integer per weight */
};

/* Input i of a pattern: bit 1 stands for +1. */
static int32_t input(const uint64_t *row, int64_t i) { return (row[i / 64] >> (i % 64) & 1) ? 1 : -1; }

static void destroy(void *state) {
  struct clipped_perceptron *self = state;
  free(self->hidden);
  free(self);
}

static swale_status create(const swale_host *host, swale_job *job, int64_t count, void **state) {
  struct clipped_perceptron *self = calloc(1, sizeof *self);
  if (self == NULL) return host->fail(job, SWALE_E_MEMORY, "clipped_perceptron: no memory for its state");
  self->graph.struct_size = sizeof self->graph;
  swale_status status = host->patterns(job, &self->graph);
  if (status == SWALE_OK && (self->graph.hidden != 1 || self->graph.bits == NULL))
    status = host->fail(job, SWALE_E_UNSUPPORTED, "clipped_perceptron needs a perceptron with inputs +1 and -1");
  self->hidden = calloc((size_t)count + 1, sizeof *self->hidden);
  if (status == SWALE_OK && self->hidden == NULL)
    status = host->fail(job, SWALE_E_MEMORY, "clipped_perceptron: no memory for its hidden weights");
  if (status != SWALE_OK) {
    destroy(self);
    return status;
  }
  *state = self;
  return SWALE_OK;
}

static swale_status step(const swale_host *host, swale_job *job, void *state, double *params, int64_t count,
                         swale_reason *reason) {
  struct clipped_perceptron *self = state;
  const swale_patterns *graph = &self->graph;
  int32_t *hidden = self->hidden;
  if (hidden[0] == 0) /* the first step: odd integers with the signs of the starting point */
    for (int64_t i = 0; i < count; i++) hidden[i] = params[i] < 0 ? -1 : 1;

  int64_t errors = 0;
  for (int64_t p = 0; p < graph->patterns; p++) {
    const uint64_t *row = graph->bits + p * graph->stride;
    int32_t label = graph->labels[p] < 0 ? -1 : 1, field = 0;
    for (int64_t i = 0; i < count; i++) field += hidden[i] < 0 ? -input(row, i) : input(row, i);
    if (label * field > 0) continue;
    errors++;
    for (int64_t i = 0; i < count; i++) hidden[i] += 2 * label * input(row, i);
  }
  for (int64_t i = 0; i < count; i++) params[i] = hidden[i] < 0 ? -1 : 1;
  if (errors == 0) *reason = SWALE_CONVERGED; /* no pattern moved them: they classify all */

  double energy; /* reported to the library, which keeps the history */
  return host->value(job, params, &energy, NULL);
}

static const swale_solver_plugin solver = {
    sizeof(swale_solver_plugin),
    SWALE_CAN_VALUE | SWALE_CAN_PATTERNS,
    "clipped_perceptron",
    "The perceptron rule on hidden integers whose signs are the weights.",
    "Baldassi, Braunstein, Brunel, Zecchina, PNAS 104 (2007) 11079",
    NULL,
    0,
    create,
    step,
    destroy,
    NULL, /* save */
    NULL, /* restore */
};

#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
swale_status swale_plugin_init_v1(const swale_registrar *registrar);

swale_status swale_plugin_init_v1(const swale_registrar *registrar) {
  if (registrar->abi != SWALE_PLUGIN_ABI) return SWALE_E_PLUGIN;
  return registrar->solver(registrar->registry, &solver);
}
