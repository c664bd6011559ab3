#include "include/max_sum.h"

#include "real_f64.h"
#include "sign_lanes.h"
#include "max_sum_template.h"

#include "real_f32.h"
#include "sign_lanes.h"
#include "max_sum_template.h"
