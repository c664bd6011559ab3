#include "include/vector_math.h"

#define WIDE(name) name##_f64
#include "real_f64.h"
#include "elementary.h"
#include "vector_math_template.h"
#undef WIDE

#include "real_f32.h"
#include "elementary.h"

/* Gaussian tails are ill-conditioned enough to cost f32 several units in the last place; they are rarely the hot loop,
 * so they go through f64. */
#define WIDE(name) name##_wide
SWK_INLINE float WIDE(error_complement)(float x) { return (float)error_complement_f64((double)x); }
SWK_INLINE float WIDE(log_normal_tail)(float x) { return (float)log_normal_tail_f64((double)x); }
SWK_INLINE float WIDE(inverse_mills)(float x) { return (float)inverse_mills_f64((double)x); }

#include "vector_math_template.h"
