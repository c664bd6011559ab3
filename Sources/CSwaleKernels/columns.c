#include <stddef.h>

#include "include/columns.h"

/* f64 first: losses of f32 outputs are summed, and their logarithms taken, in double. */
#include "real_f64.h"
#include "elementary.h"
#include "sums.h"
#include "columns_template.h"

#include "real_f32.h"
#include "elementary.h"
#include "columns_template.h"
