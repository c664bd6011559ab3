#include "reproducible.h"

#include "include/optimizers.h"
#include "dispatch.h"

#include "real_f32.h"
#include "optimizers_template.h"

#include "real_f64.h"
#include "optimizers_template.h"
