/* Sequences of plane rotations of neighbouring rows: what the QL iteration does to eigenvectors. */
#ifndef SWK_ROTATIONS_H
#define SWK_ROTATIONS_H

#include <stdint.h>

/* Elements of a row: as many as keep the multipliers busy while a few thousand rows stay near the second-level cache. */
enum { SWK_ROTATION_WIDTH = 32 };

/* For k = 0, 1, ..., count - 1 in this order, with i = row[k], c = angles[2 k], s = angles[2 k + 1]:
 * rows (x_i, x_{i+1}) <- (c x_i - s x_{i+1}, s x_i + c x_{i+1}), where row i is x[32 i ... 32 i + 31]. Last bits may
 * differ between instruction sets. */
void swk_rotate_rows_f64(int64_t count, const int32_t *row, const double *angles, double *x);

#endif
