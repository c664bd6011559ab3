#include <stddef.h>

#include "include/activations.h"

#include "real_f32.h"
#include "elementary.h"
#include "activations_template.h"

#include "real_f64.h"
#include "elementary.h"
#include "activations_template.h"

int32_t swk_activation_needs_d1(int32_t kind)
{
    return kind == SWK_ERF || kind == SWK_GELU || kind == SWK_SOFTPLUS || kind == SWK_SILU || kind == SWK_SQUARE ||
           kind == SWK_ERF_SQRT2 || kind == SWK_GELU_TANH;
}

int32_t swk_activation_curved(int32_t kind)
{
    return kind == SWK_TANH || kind == SWK_SIGMOID || swk_activation_needs_d1(kind);
}
