#include <stddef.h>

#include "include/tap.h"

#include "real_f64.h"
#include "elementary.h"
#include "sums.h"
#include "tap_template.h"

#include "real_f32.h"
#include "elementary.h"
#include "sums.h"
#include "tap_template.h"
