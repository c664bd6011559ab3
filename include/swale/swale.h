/* SPDX-License-Identifier: MIT
 * GENERATED from Sources/SwaleC by bindings/generate.py: do not edit, run `make header`.
 *
 * Swale: landscapes of neural networks. Train models, find wide flat minima, measure the landscape around them.
 *
 * Threads: datasets, models and objectives are immutable and may be shared by any number of threads; options belong to
 *   one thread, a run serves one call at a time, and only swale_run_cancel may come from another thread meanwhile;
 *   callbacks run on the thread that made the call.
 * Ownership: what a *_create or other making call writes to `out` is yours until its *_destroy, in any order, also
 *   during a call that uses it; arrays and texts that you pass are copied unless they carry a release callback; arrays
 *   that you get live until the handle they came from is destroyed.
 * Errors: a call that can fail returns a swale_status, and swale_last_error() says on the same thread what was wrong and
 *   what is allowed; bad input never ends the process, and a call that failed has changed nothing of yours.
 * Determinism: the same seed gives the same bits for any number of threads on the same type of machine.
 * Versions: compare swale_version() / 100 with SWALE_VERSION_NUMBER / 100; constants are never renumbered, and structs
 *   that start with struct_size only grow at the end, so set it to sizeof(struct) before a call. */
#ifndef SWALE_H
#define SWALE_H

#include "plugin.h"
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Library: version, errors, threads, memory, log ---- */

/* Version of the loaded library: major * 10000 + minor * 100 + patch. Compare with SWALE_VERSION_NUMBER of the
 * header. */
int32_t swale_version(void);

/* A fixed sentence for a status code; never NULL. The text lives as long as the process. */
const char *swale_status_text(swale_status status);

/* Words for why a run ended; never NULL. The text lives as long as the process. */
const char *swale_reason_text(swale_reason reason);

/* The sentence of the last failure on this thread: what was wrong and what is allowed. Empty before any failure;
 * valid until the next failing call on this thread. */
const char *swale_last_error(void);

/* Threads that one call may use, the calling one included; 1 ... 1024. Results do not depend on it. Starts from
 * SWALE_THREADS, else the number of processors. */
swale_status swale_set_threads(int32_t threads);

/* The number of threads in force. */
int32_t swale_threads(void);

/* Upper bound, in bytes, on the memory for data, parameters, activations and results together; 0: no limit. Calls
 * that would pass it fail with SWALE_E_MEMORY. */
swale_status swale_set_memory_limit(int64_t bytes);

/* Bytes in use and the largest use so far; either pointer may be NULL. */
void swale_memory_used(int64_t *bytes, int64_t *peak);

/* Which arithmetic does the large products of a precision (SWALE_F32 or SWALE_F64): "builtin", "openblas" or
 * "onednn". The text lives as long as the process. */
const char *swale_backend_name(swale_dtype precision);

/* Instruction set that the built-in kernels use: "x86-64-v4", "x86-64-v3", "x86-64" or "generic". The text lives
 * as long as the process. */
const char *swale_instruction_set(void);

/* Sends the library's messages to `function`; NULL turns them off. Nothing is ever printed otherwise. May be
 * called from any thread that calls the library. */
void swale_set_log(swale_log_fn function, void *user);

/* ---- Registry: what there is, with all options ---- */

/* Number of registered components of a kind; 0 for an unknown kind. */
int64_t swale_component_count(swale_kind kind);

/* Describes component number `index` (from 0) of a kind. Set out->struct_size first. */
swale_status swale_component(swale_kind kind, int64_t index, swale_component_info *out);

/* Describes option number `index` (from 0) of a named component. Set out->struct_size first. */
swale_status swale_component_option(swale_kind kind, const char *name, int64_t index, swale_option_info *out);

/* ---- Options: typed name = value bags ---- */

/* Makes an empty bag of options. Names and ranges are checked when a component is made from it. A bag belongs to
 * one thread at a time. */
swale_status swale_options_create(swale_options_t *out);

/* Destroys a bag of options; 0 does nothing. */
swale_status swale_options_destroy(swale_options_t options);

/* Sets a switch: 0 is off, anything else on. */
swale_status swale_options_set_bool(swale_options_t options, const char *name, int32_t value);

/* Sets a whole number; also accepted where a real number is wanted. */
swale_status swale_options_set_int(swale_options_t options, const char *name, int64_t value);

/* Sets a real number. */
swale_status swale_options_set_real(swale_options_t options, const char *name, double value);

/* Sets a text (UTF-8, copied). */
swale_status swale_options_set_text(swale_options_t options, const char *name, const char *value);

/* Sets a list of whole numbers (copied). Lists and texts count against the memory limit until the bag is
 * destroyed. */
swale_status swale_options_set_ints(swale_options_t options, const char *name, const int64_t *values, int64_t count);

/* Sets a list of real numbers (copied). */
swale_status swale_options_set_reals(swale_options_t options, const char *name, const double *values, int64_t count);

/* Checks names and values of a bag against the options of a component (a SWALE_KIND_ and a registered name), as
 * making the component does, and makes nothing: for programs that collect settings before they use them. */
swale_status swale_options_check(swale_options_t options, swale_kind kind, const char *name);

/* ---- Datasets ---- */

/* Makes a dataset from a registered source: a generator ("random_patterns", "teacher_student", ...) or a file
 * reader ("idx", "csv", "npy"). The same seed gives the same data; readers ignore it. */
swale_status swale_dataset_create(const char *source, swale_options_t options, uint64_t seed, swale_dataset_t *out);

/* Makes a dataset from the host's arrays: inputs samples x shape; targets one label per sample (integer types),
 * real rows (floating-point types), or NULL; the type decides, never the values: +1 and -1 are real targets, so
 * pass them as F32 or F64. An array with a release callback is kept without a copy and released once when nothing
 * uses it any more; without one it is copied. When the call fails the library has not taken ownership and releases
 * nothing. */
swale_status swale_dataset_from_arrays(const swale_array *inputs, const swale_array *targets, swale_dataset_t *out);

/* Makes a new dataset by a registered transform ("standardize", "subset", "split", "label_noise", ...); the old
 * one is unchanged. */
swale_status swale_dataset_transform(swale_dataset_t dataset, const char *transform, swale_options_t options,
                                     uint64_t seed, swale_dataset_t *out);

/* Destroys a dataset; objectives made from it live on. 0 does nothing. */
swale_status swale_dataset_destroy(swale_dataset_t dataset);

/* Describes a dataset. Set out->struct_size first. */
swale_status swale_dataset_describe(swale_dataset_t dataset, swale_dataset_info *out);

/* A view of a dataset's array, valid until the dataset is destroyed: "inputs" as models see them (images kept as
 * bytes are scaled, +1 and -1 kept as bits are expanded, when first asked for), "targets", "bytes" as they are
 * stored, or a statistic that a transform left ("mean", "scale"). */
swale_status swale_dataset_array(swale_dataset_t dataset, const char *name, swale_array *out);

/* ---- Models ---- */

/* Makes an empty model for inputs of the given shape (per sample). Add layers, then make objectives from it; from
 * the first objective on it cannot change. */
swale_status swale_model_create(const int64_t *input_shape, int32_t ndim, swale_model_t *out);

/* Destroys a model; objectives made from it live on. 0 does nothing. */
swale_status swale_model_destroy(swale_model_t model);

/* Adds a layer by name. `name` is what its parameters are called after (NULL: the layer's type and a number),
 * `from` the names of the layers it reads, separated by commas, "input" for the model's input (NULL: the layer
 * before). */
swale_status swale_model_add(swale_model_t model, const char *layer, swale_options_t options, const char *name,
                             const char *from);

/* Number of parameters and outputs of a model with at least one layer; either pointer may be NULL. The model
 * cannot change afterwards. */
swale_status swale_model_size(swale_model_t model, int64_t *parameters, int64_t *outputs);

/* ---- Objectives: the landscapes ---- */

/* Makes a registered objective ("network", "quadratic", ...). `model` and `data` may be 0 where the objective does
 * not need them. The objective keeps what it uses: both may be destroyed afterwards. */
swale_status swale_objective_create(const char *name, swale_options_t options, swale_model_t model,
                                    swale_dataset_t data, swale_objective_t *out);

/* Makes an objective from functions of the host program. The table is copied. When the call fails the library has
 * not taken ownership and does not call `release`. */
swale_status swale_objective_from_callbacks(const swale_callbacks *callbacks, swale_objective_t *out);

/* Makes the landscape over some of the parameters: the tensors named in `tensors` (comma-separated names or
 * prefixes) are held at their values in x (count elements of the given objective). */
swale_status swale_objective_freeze(swale_objective_t objective, const char *tensors, const double *x, int64_t count,
                                    swale_objective_t *out);

/* Destroys an objective; runs that use it finish normally. 0 does nothing. */
swale_status swale_objective_destroy(swale_objective_t objective);

/* Describes an objective. Set out->struct_size first. */
swale_status swale_objective_describe(swale_objective_t objective, swale_objective_info *out);

/* Describes tensor number `index` (from 0) of the parameter vector. Set out->struct_size first. */
swale_status swale_objective_tensor(swale_objective_t objective, int64_t index, swale_tensor_info *out);

/* Writes a starting point to `x` (count elements). `initializer` is a registered name ("he", "xavier", ...); NULL
 * means "he". The same seed gives the same point. */
swale_status swale_objective_initialize(swale_objective_t objective, const char *initializer, swale_options_t options,
                                        uint64_t seed, double *x, int64_t count);

/* ---- Evaluation: values, derivatives and outputs at a point ---- */

/* Writes f(x) to `value` and, unless `gradient` is NULL, the gradient (count elements). Over all samples. */
swale_status swale_objective_value(swale_objective_t objective, const double *x, int64_t count, double *value,
                                   double *gradient);

/* Writes f(x) and the fraction of misclassified samples (NaN where the objective does not count errors). */
swale_status swale_objective_evaluate(swale_objective_t objective, const double *x, int64_t count, double *value,
                                      double *error);

/* Hessian-vector products at x: out_j = H v_j for `vectors` vectors of `count` elements each, row by row. Exact
 * where the objective has SWALE_CAN_HVP, else central differences of the gradient. Repeated calls at the same x
 * share the forward and backward pass. A block of 0 vectors, here and in the calls below, writes nothing. */
swale_status swale_objective_hvp(swale_objective_t objective, const double *x, const double *v, int64_t count,
                                 int64_t vectors, double *out);

/* Gauss-Newton products at x: out_j = G v_j, G = mean over samples of J' (d2 loss / d outputs2) J. The penalty of
 * option l2 is not in G. */
swale_status swale_objective_gauss_newton(swale_objective_t objective, const double *x, const double *v,
                                          int64_t count, int64_t vectors, double *out);

/* Outputs of all samples at x: sample_count x output_count elements. */
swale_status swale_objective_outputs(swale_objective_t objective, const double *x, int64_t count, double *out);

/* Jacobian-vector products of the outputs: v is vectors x count, out is vectors x sample_count x output_count. */
swale_status swale_objective_jvp(swale_objective_t objective, const double *x, const double *v, int64_t count,
                                 int64_t vectors, double *out);

/* Vector-Jacobian products of the outputs: u is vectors x sample_count x output_count, out is vectors x count. */
swale_status swale_objective_vjp(swale_objective_t objective, const double *x, const double *u, int64_t count,
                                 int64_t vectors, double *out);

/* Gradients of the losses of samples first ... first + samples - 1: out is samples x count. The penalty of option
 * l2 is in none of them: the gradient of the objective is the mean of the sample gradients plus l2 x. No samples:
 * nothing is written. */
swale_status swale_objective_sample_gradients(swale_objective_t objective, const double *x, int64_t count,
                                              int64_t first, int64_t samples, double *out);

/* Losses of samples first ... first + samples - 1: out has `samples` elements. The objective's value is their mean
 * (with option reduction = sum, their sum) plus l2/2 |x|^2. No samples: nothing is written. */
swale_status swale_objective_sample_losses(swale_objective_t objective, const double *x, int64_t count, int64_t first,
                                           int64_t samples, double *out);

/* What a layer of a network gives for all samples at x. `layer` is its name, as in the names of its parameters
 * ("dense0"). `width` becomes the numbers per sample and may be NULL; `out` is sample_count x width elements, or
 * NULL to ask for the width alone. */
swale_status swale_objective_activations(swale_objective_t objective, const double *x, int64_t count,
                                         const char *layer, int64_t *width, double *out);

/* ---- Runs: limits, progress, cancelling; solving and measuring ---- */

/* Makes a run: limits, seed and recording from `options` (component "run" of kind SWALE_KIND_RUN), and a progress
 * callback or NULL. A run serves one call at a time and may be used again. */
swale_status swale_run_create(swale_options_t options, swale_progress_fn progress, void *user, swale_run_t *out);

/* Destroys a run; 0 does nothing. A call that uses it finishes normally. */
swale_status swale_run_destroy(swale_run_t run);

/* Asks a run to stop: within a tenth of a second, one chunk of samples or one callback of the host. The only
 * function that may be called from another thread while a run is in use; the call that is running returns SWALE_OK
 * with reason SWALE_CANCELLED and its partial result. */
swale_status swale_run_cancel(swale_run_t run);

/* Runs a registered solver from x (count elements, changed in place when the run has ended). `run` may be 0.
 * Result: scalars fun, steps, evaluations, seconds, reason, success, ..., the array x, histories loss and
 * gradient_norms, and what the solver adds. `success` is 1 when the run ended as it was meant to: converged; or
 * the target was met over all samples; or the solver's own schedule was done and the value over all samples did
 * not rise beyond its noise; or, for solvers of constraints, a strict recount found no error. A run that a limit,
 * a cancel or a max_steps below its schedule cut short has success 0. */
swale_status swale_solve(const char *solver, swale_options_t options, swale_objective_t objective, double *x,
                         int64_t count, swale_run_t run, swale_result_t *out);

/* Measures a registered metric at `point_count` points (point_count x count elements, row by row; NULL for none).
 * `objective` may be 0 for a metric that needs no landscape (theory), `run` may be 0. */
swale_status swale_measure(const char *metric, swale_options_t options, swale_objective_t objective,
                           const double *points, int64_t point_count, int64_t count, swale_run_t run,
                           swale_result_t *out);

/* ---- Interrupts: ending long calls that have no run ---- */

/* Sets a function that is asked, about every twentieth of a second and on the thread of the call, whether a long
 * call that has no run goes on: making and transforming datasets, making objectives, single evaluations and
 * products. A call that it ends returns SWALE_E_INTERRUPTED and has changed nothing of the host's. NULL: nobody is
 * asked. For all threads of the process; runs have their progress callback and `swale_run_cancel`. */
swale_status swale_set_interrupt(swale_interrupt_fn function, void *user);

/* ---- Results: named arrays ---- */

/* Destroys a result and the arrays that views were given of; 0 does nothing. */
swale_status swale_result_destroy(swale_result_t result);

/* Number of named arrays in a result; 0 for a bad handle. */
int64_t swale_result_count(swale_result_t result);

/* Name of array number `index` (from 0); NULL past the end. The text lives as long as the result. */
const char *swale_result_name(swale_result_t result, int64_t index);

/* A view of a named array, valid until the result is destroyed. Scalars have ndim 0; texts are UTF-8 bytes with a
 * terminating zero behind their `shape[0]` bytes. */
swale_status swale_result_array(swale_result_t result, const char *name, swale_array *out);

/* Writes a scalar of a result (or the first element of an array). */
swale_status swale_result_scalar(swale_result_t result, const char *name, double *out);

/* ---- Plugins ---- */

/* Loads a plugin: a shared object that exports swale_plugin_init_v1. Loading runs its code, so it is never done
 * unasked. What it registers is listed like everything else; a plugin is never unloaded. */
swale_status swale_plugin_load(const char *path);

/* Registers a plugin that is linked into the host program: the same as loading, without a file. */
swale_status swale_plugin_register(swale_plugin_init_fn initialize);

#ifdef __cplusplus
}
#endif

#endif
