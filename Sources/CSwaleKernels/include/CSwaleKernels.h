/* All kernels of the built-in arithmetic: C, stateless, no allocation, dispatched on the CPU at run time. */
#ifndef CSWALEKERNELS_H
#define CSWALEKERNELS_H

#include "activations.h"
#include "affine.h"
#include "bits.h"
#include "columns.h"
#include "elementwise.h"
#include "enumerate.h"
#include "flips.h"
#include "gemm.h"
#include "messages.h"
#include "max_sum.h"
#include "optimizers.h"
#include "random.h"
#include "rotations.h"
#include "rows.h"
#include "spins.h"
#include "sign_products.h"
#include "tap.h"
#include "vector_math.h"

#endif
