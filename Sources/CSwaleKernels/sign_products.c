#include <stddef.h>

#include "include/sign_products.h"

#include "dispatch.h"
#include "gemm_private.h"
#include "sign_products_private.h"

/* Rows from which filling the tables is repaid. */
#define TABLE_ROWS 16

#include "real_f64.h"
#include "sign_lanes.h"
#include "sign_products_template.h"

#include "real_f32.h"
#include "sign_lanes.h"
#include "sign_products_template.h"
