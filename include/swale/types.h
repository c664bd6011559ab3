/* SPDX-License-Identifier: MIT
 * Types of the Swale C interface: status codes, handles, structs and callbacks. Written by hand, because C
 * structs cannot be declared in Swift; <swale/swale.h> holds the functions and includes this file.
 *
 * Rules. Structs that start with `struct_size` grow at the end: set it to sizeof(struct) before a call; the
 * library never reads or writes past it, and refuses sizes that end inside a member. swale_array is frozen.
 * Fixed-width integers only. docs/embedding.md says what a host may rely on. */
#ifndef SWALE_TYPES_H
#define SWALE_TYPES_H

#include <stddef.h>
#include <stdint.h>

#define SWALE_VERSION_MAJOR 0
#define SWALE_VERSION_MINOR 1
#define SWALE_VERSION_PATCH 0
/* major * 10000 + minor * 100 + patch, the value that swale_version() returns */
#define SWALE_VERSION_NUMBER 100

/* Whether a call worked. 0, or negative; the list only grows. swale_last_error() has the sentence. */
typedef int32_t swale_status;
enum {
  SWALE_OK = 0,
  SWALE_E_ARGUMENT = -1,    /* a NULL, negative, non-finite or otherwise impossible argument */
  SWALE_E_SHAPE = -2,       /* sizes or shapes that do not fit together */
  SWALE_E_NAME = -3,        /* no component, array or tensor of that name */
  SWALE_E_OPTION = -4,      /* an unknown option, or a value out of its range */
  SWALE_E_UNSUPPORTED = -5, /* the objective lacks what the solver or metric needs */
  SWALE_E_STATE = -6,       /* not now: a busy run, a model already in use */
  SWALE_E_NONFINITE = -7,   /* NaN or infinity where a finite number is needed */
  SWALE_E_CALLBACK = -8,    /* a user callback reported failure */
  SWALE_E_PLUGIN = -9,      /* a plugin cannot be loaded or registered */
  SWALE_E_IO = -10,         /* a file cannot be read or is damaged */
  SWALE_E_MEMORY = -11,     /* out of memory, or over the memory limit */
  SWALE_E_HANDLE = -12,     /* a handle that is stale, foreign, destroyed, or of another kind */
  SWALE_E_INTERRUPTED = -13, /* the host's interrupt function ended a call that has no run */
  SWALE_E_INTERNAL = -99    /* a defect of the library: please report it */
};

/* Why a run ended. Not an error: a cancelled run succeeds and returns its partial result. */
typedef int32_t swale_reason;
enum {
  SWALE_RUNNING = 0,
  SWALE_CONVERGED = 1,
  SWALE_TARGET = 2,
  SWALE_MAX_STEPS = 3,
  SWALE_MAX_TIME = 4,
  SWALE_STALLED = 5,
  SWALE_DIVERGED = 6,
  SWALE_CANCELLED = 7,
  SWALE_UNCONVERGED = 8, /* of a measurement: arrays `converged` or `solved` say where numbers are missing */
  SWALE_MAX_EVALUATIONS = 9,
  SWALE_NO_SOLUTION = 10 /* the answer is that nothing exists: beyond capacity, no state at this distance */
};

/* Kinds of components. */
typedef int32_t swale_kind;
enum {
  SWALE_KIND_LAYER = 1,
  SWALE_KIND_LOSS = 2,
  SWALE_KIND_OBJECTIVE = 3,
  SWALE_KIND_SOLVER = 4,
  SWALE_KIND_METRIC = 5,
  SWALE_KIND_DATASET = 6,     /* generators and file readers */
  SWALE_KIND_TRANSFORM = 7,   /* dataset to dataset: standardize, subset, ... */
  SWALE_KIND_INITIALIZER = 8,
  SWALE_KIND_RUN = 9          /* one component, "run": the limits and switches of a run */
};

/* Element types of arrays and options. SWALE_BOOL and SWALE_TEXT occur in options and results only. */
typedef int32_t swale_dtype;
enum {
  SWALE_F64 = 1,
  SWALE_F32 = 2,
  SWALE_I64 = 3,
  SWALE_I32 = 4,
  SWALE_U8 = 5,
  SWALE_BOOL = 6,
  SWALE_TEXT = 7
};

/* What an objective can do, as bits; also what a solver or metric needs. */
enum {
  SWALE_CAN_VALUE = 1,
  SWALE_CAN_GRADIENT = 2,
  SWALE_CAN_HVP = 4,              /* exact Hessian-vector products */
  SWALE_CAN_BATCHES = 8,          /* a sum over samples from which mini-batches can be drawn */
  SWALE_CAN_FLIPS = 16,           /* energy change of a single spin flip */
  SWALE_CAN_PATTERNS = 32,        /* the factor graph that message passing needs */
  SWALE_CAN_SPHERE = 64,          /* a spherical constraint */
  SWALE_CAN_OUTPUTS = 128,        /* outputs per sample, with JVP and VJP */
  SWALE_CAN_GAUSS_NEWTON = 256,   /* Gauss-Newton products */
  SWALE_CAN_SAMPLE_GRADIENTS = 512,
  SWALE_CAN_ERRORS = 1024,        /* counts misclassified samples */
  SWALE_IS_STOCHASTIC = 2048,     /* a solver that draws random numbers */
  SWALE_CAN_EXACT_GRADIENT = 4096 /* the gradient is that of the value, not a surrogate (straight-through) */
};

/* Handles: values, not pointers. 0 is no handle. A stale, foreign or twice destroyed handle is an error with
 * words, never a crash. Any destroy order is allowed; destroying during a call is safe. A handle means something in
 * its own process only: in another one the same number may be another object. */
typedef uint64_t swale_options_t;
typedef uint64_t swale_dataset_t;
typedef uint64_t swale_model_t;
typedef uint64_t swale_objective_t;
typedef uint64_t swale_run_t;
typedef uint64_t swale_result_t;

#define SWALE_MAX_DIMENSIONS 8

/* A row-major array. Frozen layout. Into the library: release == NULL means borrowed for the call (the library
 * copies what it keeps); otherwise the library may keep `data` and calls release(owner) exactly once. Out of the
 * library: a view that lives as long as the handle it came from; release is NULL. */
typedef struct swale_array {
  const void *data;
  swale_dtype dtype;
  int32_t ndim;
  int64_t shape[SWALE_MAX_DIMENSIONS];
  void (*release)(void *owner);
  void *owner;
} swale_array;

/* One registered component. Strings live as long as the process. */
typedef struct swale_component_info {
  uint32_t struct_size;
  swale_kind kind;
  const char *name;
  const char *summary;
  const char *reference;
  int64_t option_count;
  int64_t needs;        /* SWALE_CAN_ bits of the objective it works on */
  int64_t points_min;   /* metrics: how many points it takes */
  int64_t points_max;
} swale_component_info;

/* One option of a component. Strings live as long as the process. */
typedef struct swale_option_info {
  uint32_t struct_size;
  swale_dtype dtype;     /* SWALE_BOOL, SWALE_I64, SWALE_F64 or SWALE_TEXT */
  int32_t is_list;       /* 1: a list of that type */
  int32_t reserved;
  const char *name;
  const char *doc;
  const char *fallback;  /* the default, as text */
  const char *choices;   /* allowed texts, separated by spaces; empty: any */
  double lowest;         /* allowed range of numbers, ends included */
  double highest;
} swale_option_info;

/* One tensor of a parameter vector. */
typedef struct swale_tensor_info {
  uint32_t struct_size;
  int32_t ndim;
  const char *name;       /* lives as long as the objective */
  int64_t offset;         /* first element in the parameter vector */
  int64_t count;
  int64_t shape[SWALE_MAX_DIMENSIONS];
  int32_t filter_axis;    /* axis whose slices are filters (output units); -1: none */
  int32_t is_bias;
  int32_t is_norm;
  int32_t output_group;   /* permutation group of the output units; -1: none */
  int32_t input_group;    /* permutation group of the input units; -1: none */
  int32_t reserved;
} swale_tensor_info;

typedef struct swale_objective_info {
  uint32_t struct_size;
  swale_dtype precision;   /* SWALE_F32 or SWALE_F64: what it computes in */
  const char *name;        /* lives as long as the objective */
  int64_t dimension;       /* number of parameters */
  int64_t capabilities;    /* SWALE_CAN_ bits */
  int64_t sample_count;    /* 0: no samples */
  int64_t output_count;    /* outputs per sample; 0: none */
  int64_t tensor_count;
} swale_objective_info;

typedef struct swale_dataset_info {
  uint32_t struct_size;
  int32_t ndim;                          /* dimensions of one input sample */
  int64_t sample_count;
  int64_t shape[SWALE_MAX_DIMENSIONS];   /* shape of one input sample */
  int64_t class_count;                   /* 0: real targets */
  int64_t target_width;                  /* 1 for labels */
} swale_dataset_info;

/* Progress of a run. Numbers that are not known yet are NaN, an unknown total is -1. */
typedef struct swale_progress {
  uint32_t struct_size;
  swale_reason reason;
  int64_t step;
  int64_t total_steps;
  int64_t evaluations;
  double seconds;
  double value;
  double gradient_norm;
} swale_progress;

enum { SWALE_ACTION_STOP = 0, SWALE_ACTION_CONTINUE = 1 };

/* Called on the thread that made the call. *action is preset to SWALE_ACTION_STOP, so that a callback that dies
 * (Ctrl-C in Python) stops the run: write SWALE_ACTION_CONTINUE to go on. */
typedef void (*swale_progress_fn)(const swale_progress *now, int32_t *action, void *user);

/* Asked on the thread of a long call that has no run whether it should go on. *action is preset as above. */
typedef void (*swale_interrupt_fn)(int32_t *action, void *user);

enum { SWALE_LOG_DEBUG = 0, SWALE_LOG_INFO = 1, SWALE_LOG_WARNING = 2, SWALE_LOG_ERROR = 3 };
typedef void (*swale_log_fn)(int32_t level, const char *message, void *user);

/* A landscape of the host program. x and out arrays have `count` elements; *status is preset to
 * SWALE_E_CALLBACK and *value to NaN: write SWALE_OK when done. gradient may be NULL (value only).
 * Callbacks must not unwind (no C++ exceptions, no longjmp). */
typedef void (*swale_value_fn)(const double *x, int64_t count, double *value, double *gradient,
                               swale_status *status, void *user);
/* out = Hessian(x) v */
typedef void (*swale_hvp_fn)(const double *x, const double *v, int64_t count, double *out, swale_status *status,
                             void *user);

/* Members that are NULL are not there: without `gradient_available` solvers that need a gradient refuse, without
 * `hvp` products are central differences of the gradient (and results say so). */
typedef struct swale_callbacks {
  uint32_t struct_size;
  int32_t gradient_available;
  int64_t dimension;
  swale_value_fn value;
  swale_hvp_fn hvp;
  void *user;
  void (*release)(void *user); /* called once when the objective is gone; may be NULL */
} swale_callbacks;

#endif
