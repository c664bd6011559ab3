#include "include/affine.h"

#include "dispatch.h"
#include "include/activations.h"

#include "real_f32.h"
#include "affine_template.h"

#include "real_f64.h"
#include "affine_template.h"
