/* SPDX-License-Identifier: MIT
 * Plugins: solvers of your own in C, C++ or anything that can make a shared object. A plugin links against
 * nothing: it exports one function, swale_plugin_init_v1, and receives tables of functions. The tables only ever
 * grow at the end; check struct_size before using a member that a later version added. See
 * examples/plugins/heavy_ball.c for a whole solver. */
#ifndef SWALE_PLUGIN_H
#define SWALE_PLUGIN_H

#include "types.h"

#define SWALE_PLUGIN_ABI 1

/* One running solve: objective, options and run. Valid only during the call it was passed to. */
typedef struct swale_job swale_job;

/* Services of the library. Call them only on the thread that called the plugin. Every function that returns a
 * status may fail; return that status from your own function at once, the sentence is kept. */
typedef struct swale_host {
  uint32_t struct_size;
  uint32_t abi;
  /* value of the objective at params; gradient may be NULL */
  swale_status (*value)(swale_job *job, const double *params, double *value, double *gradient);
  /* out = Hessian(params) vector */
  swale_status (*hvp)(swale_job *job, const double *params, const double *vector, double *out);
  /* change of energy when spin `index` is flipped (discrete landscapes) */
  swale_status (*flip)(swale_job *job, const double *params, int64_t index, double *change);
  /* reserved for the factor graph of message passing; NULL for now */
  swale_status (*patterns)(swale_job *job, void *out);
  /* later calls of value and hvp use a random batch of `size` samples; 0: all samples */
  swale_status (*draw_batch)(swale_job *job, int64_t size);
  /* `count` random numbers of a stream: uniform in [0,1), or standard normal */
  swale_status (*random_uniform)(swale_job *job, uint32_t stream, double *out, int64_t count);
  swale_status (*random_normal)(swale_job *job, uint32_t stream, double *out, int64_t count);
  /* the solver's own options, checked against the declared records before create is called */
  swale_status (*option_real)(swale_job *job, const char *name, double *out);
  swale_status (*option_int)(swale_job *job, const char *name, int64_t *out);
  swale_status (*option_text)(swale_job *job, const char *name, const char **out);
  /* put a named array into the result (copied) */
  swale_status (*record)(swale_job *job, const char *name, const swale_array *value);
  /* nonzero when the run should stop (cancelled, out of time); call it in long inner loops */
  int32_t (*stopping)(swale_job *job);
  /* set the sentence of an error and return `status` */
  swale_status (*fail)(swale_job *job, swale_status status, const char *message);
  void (*log)(swale_job *job, int32_t level, const char *message);
} swale_host;

/* One option of a plugin's component. Integers and switches use the double members. */
typedef struct swale_option_record {
  uint32_t struct_size;
  swale_dtype dtype;      /* SWALE_F64, SWALE_I64, SWALE_BOOL or SWALE_TEXT */
  const char *name;
  const char *doc;
  double fallback;
  double lowest;
  double highest;
  const char *fallback_text;
  const char *choices;    /* allowed texts, separated by spaces; NULL: any */
} swale_option_record;

/* A solver. The library owns the loop: progress, cancel, limits, histories, checks for NaN. The table and all it
 * points to must live as long as the process. One state is used by one thread at a time. */
typedef struct swale_solver_plugin {
  uint32_t struct_size;
  uint32_t needs;                        /* SWALE_CAN_ bits of the objective */
  const char *name;
  const char *summary;
  const char *reference;
  const swale_option_record *options;    /* array of option_count records */
  int64_t option_count;
  /* called once before the first step; *state is passed back to every later call */
  swale_status (*create)(const swale_host *host, swale_job *job, int64_t count, void **state);
  /* one step: change params in place; write a reason to *reason to end the run */
  swale_status (*step)(const swale_host *host, swale_job *job, void *state, double *params, int64_t count,
                       swale_reason *reason);
  /* called exactly once for every create that returned SWALE_OK, also after a failed step */
  void (*destroy)(void *state);
  /* optional, for checkpoints: both or neither; NULL for now */
  swale_status (*save)(void *state, void *buffer, int64_t capacity, int64_t *size);
  swale_status (*restore)(const swale_host *host, swale_job *job, const void *buffer, int64_t size, void **state);
} swale_solver_plugin;

struct swale_objective_plugin; /* later versions */
struct swale_metric_plugin;

/* Handed to swale_plugin_init_v1. A name that is taken is refused. */
typedef struct swale_registrar {
  uint32_t struct_size;
  uint32_t abi;
  void *registry;
  swale_status (*solver)(void *registry, const swale_solver_plugin *plugin);
  swale_status (*objective)(void *registry, const struct swale_objective_plugin *plugin); /* NULL for now */
  swale_status (*metric)(void *registry, const struct swale_metric_plugin *plugin);       /* NULL for now */
} swale_registrar;

/* The one symbol a plugin exports. */
typedef swale_status (*swale_plugin_init_fn)(const swale_registrar *registrar);

#endif
