/* All kernels of the built-in arithmetic: C, stateless, no allocation, dispatched on the CPU at run time. */
#ifndef CSWALEKERNELS_H
#define CSWALEKERNELS_H

#include "activations.h"
#include "affine.h"
#include "columns.h"
#include "elementwise.h"
#include "gemm.h"
#include "optimizers.h"
#include "random.h"
#include "rows.h"
#include "vector_math.h"

#endif
