/* SPDX-License-Identifier: MIT
 * A solver as a plugin: Polyak's heavy ball,
 *
 *   v <- momentum v - learning_rate grad f(x),   x <- x + v
 *
 * (B. T. Polyak, USSR Computational Mathematics and Mathematical Physics 4 (1964) 1). A state of one vector, options
 * with ranges, mini-batches when asked for. Nothing to link against:
 *
 *   gcc -std=c99 -O2 -fPIC -shared -I../../include heavy_ball.c -o heavy_ball.so -lm */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include <swale/plugin.h>

struct heavy_ball {
  double learning_rate, momentum, tolerance;
  int64_t batch_size;
  double *velocity, *gradient; /* `count` elements each, in one block that starts at velocity */
};

static void destroy(void *state) {
  struct heavy_ball *self = state;
  free(self->velocity);
  free(self);
}

/* Reads the options, which the library has checked against the records below, and allocates all the memory that the
 * steps need. */
static swale_status create(const swale_host *host, swale_job *job, int64_t count, void **state) {
  struct heavy_ball *self = calloc(1, sizeof *self);
  if (self == NULL) return host->fail(job, SWALE_E_MEMORY, "heavy_ball: no memory for its state");
  self->velocity = calloc(2 * (size_t)count + 1, sizeof *self->velocity);
  if (self->velocity == NULL) {
    free(self);
    return host->fail(job, SWALE_E_MEMORY, "heavy_ball: no memory for velocity and gradient");
  }
  self->gradient = self->velocity + count;
  swale_status status;
  if ((status = host->option_real(job, "learning_rate", &self->learning_rate)) != SWALE_OK ||
      (status = host->option_real(job, "momentum", &self->momentum)) != SWALE_OK ||
      (status = host->option_real(job, "tolerance", &self->tolerance)) != SWALE_OK ||
      (status = host->option_int(job, "batch_size", &self->batch_size)) != SWALE_OK) {
    destroy(self);
    return status;
  }
  *state = self;
  return SWALE_OK;
}

static swale_status step(const swale_host *host, swale_job *job, void *state, double *params, int64_t count,
                         swale_reason *reason) {
  struct heavy_ball *self = state;
  double value, square = 0;
  swale_status status;
  if (self->batch_size > 0 && (status = host->draw_batch(job, self->batch_size)) != SWALE_OK) return status;
  if ((status = host->value(job, params, &value, self->gradient)) != SWALE_OK) return status;
  for (int64_t i = 0; i < count; i++) square += self->gradient[i] * self->gradient[i];
  if (sqrt(square) <= self->tolerance) {
    *reason = SWALE_CONVERGED;
    return SWALE_OK;
  }
  for (int64_t i = 0; i < count; i++) {
    self->velocity[i] = self->momentum * self->velocity[i] - self->learning_rate * self->gradient[i];
    params[i] += self->velocity[i];
  }
  return SWALE_OK;
}

#define RECORD sizeof(swale_option_record)

static const swale_option_record options[] = {
    {RECORD, SWALE_F64, "learning_rate", "Factor of the gradient.", 0.01, 0, 1e9, NULL, NULL},
    {RECORD, SWALE_F64, "momentum", "Part of the velocity that is kept in every step.", 0.9, 0, 1, NULL, NULL},
    {RECORD, SWALE_F64, "tolerance", "Converged when the norm of the gradient is at most this.", 1e-8, 0, 1e9, NULL, NULL},
    {RECORD, SWALE_I64, "batch_size", "Samples of one step, drawn at random; 0: all.", 0, 0, 9e15, NULL, NULL},
};

static const swale_solver_plugin solver = {
    sizeof(swale_solver_plugin),
    SWALE_CAN_GRADIENT,
    "heavy_ball",
    "Gradient descent with a velocity, as a plugin.",
    "Polyak, USSR Computational Mathematics and Mathematical Physics 4 (1964) 1",
    options,
    sizeof options / sizeof options[0],
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
