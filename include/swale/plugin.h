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

/* Units, outputs and weights of swale_patterns. */
enum {
  SWALE_UNIT_SIGN = 0,
  SWALE_UNIT_RELU = 1,
  SWALE_UNIT_QUADRATIC = 2,
  SWALE_OUTPUT_SUM = 0,    /* sign of the sum of c_k phi(h_k) */
  SWALE_OUTPUT_PARITY = 1, /* product of the signs of h_k */
  SWALE_WEIGHTS_BINARY = 0,
  SWALE_WEIGHTS_SPHERICAL = 1,
  SWALE_WEIGHTS_REAL = 2
};

/* A device on patterns: hidden units of fan_in weights each, unit k at params[k * fan_in]. Unit k of a tree sees
 * segment k of the inputs, every unit of a full machine sees segment 0. c_k is +1 for sign units, else +1 for the first
 * half of the units and -1 for the second. */
typedef struct swale_patterns {
  uint32_t struct_size;
  int32_t unit;
  int32_t output;
  int32_t weights;
  int32_t tree;
  int32_t reserved;
  int64_t patterns;
  int64_t hidden;
  int64_t fan_in;
  double margin;         /* a stability below it is an error; at 0 a field of 0 is one too */
  const float *labels;   /* +1 or -1, one per pattern */
  const uint64_t *bits;  /* inputs as bits, 1 for +1: row p starts at bits[p * stride], its segment k at
                          * + k * segment_words, input j there is bit j % 64 of word j / 64. NULL: see inputs */
  int64_t stride;
  int64_t segment_words;
  const float *inputs;   /* real inputs, row by row; NULL when they are all +1 and -1 */
} swale_patterns;

/* Services of the library. Call them only on the thread that called the plugin. Every function that returns a
 * status may fail; return that status from your own function at once, the sentence is kept. SWALE_E_INTERRUPTED means
 * that the run should end: the step then counts for nothing, and params are set back to where it began. */
typedef struct swale_host {
  uint32_t struct_size;
  uint32_t abi;
  /* value of the objective at params; gradient may be NULL */
  swale_status (*value)(swale_job *job, const double *params, double *value, double *gradient);
  /* out = Hessian(params) vector */
  swale_status (*hvp)(swale_job *job, const double *params, const double *vector, double *out);
  /* change of energy if spin `index` of params were flipped (discrete landscapes); the work of a single flip when
   * params differ in few spins from those of the call before, whose fields are kept */
  swale_status (*flip)(swale_job *job, const double *params, int64_t index, double *change);
  /* the factor graph of message passing; set out->struct_size first. The pointers stay valid until destroy */
  swale_status (*patterns)(swale_job *job, swale_patterns *out);
  /* later calls of value and hvp use a random batch of `size` samples; 0: all samples */
  swale_status (*draw_batch)(swale_job *job, int64_t size);
  /* `count` random numbers of a stream: uniform in [0,1), or standard normal */
  swale_status (*random_uniform)(swale_job *job, uint32_t stream, double *out, int64_t count);
  swale_status (*random_normal)(swale_job *job, uint32_t stream, double *out, int64_t count);
  /* the solver's own options, checked against the declared records before create is called; texts stay valid until
   * destroy */
  swale_status (*option_real)(swale_job *job, const char *name, double *out);
  swale_status (*option_int)(swale_job *job, const char *name, int64_t *out);
  swale_status (*option_text)(swale_job *job, const char *name, const char **out);
  /* put a named array into the result (copied); what the library records itself (x, fun, reason, ...) is refused */
  swale_status (*record)(swale_job *job, const char *name, const swale_array *value);
  /* nonzero when the run should stop (cancelled, out of time); call it in long inner loops */
  int32_t (*stopping)(swale_job *job);
  /* set the sentence of an error and return `status` */
  swale_status (*fail)(swale_job *job, swale_status status, const char *message);
  void (*log)(swale_job *job, int32_t level, const char *message);
} swale_host;

/* One option of a plugin's component. Integers and switches use the double members. Names are unique, without blanks or
 * control characters; lowest <= fallback <= highest; a text that has choices defaults to one of them. A list of records is
 * walked by the struct_size of the first, which all of them have. */
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
  /* one step: change params in place; write a swale_reason to *reason to end the run */
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

/* Handed to swale_plugin_init_v1. A name that is taken is refused. What was registered is listed when init has returned
 * SWALE_OK, all of it or nothing; another plugin cannot be registered from within. */
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
