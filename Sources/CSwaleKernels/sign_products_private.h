/* What the instruction sets of sign_products.h share. */
#ifndef SWK_SIGN_PRODUCTS_PRIVATE_H
#define SWK_SIGN_PRODUCTS_PRIVATE_H

#include <stdint.h>

#define SWK_DECLARE_SIGN_ROWS(T, name)                                                                                 \
    void name(int64_t rows, int64_t width, const uint64_t *bits, int64_t stride, const T *x, T *y);

/* By flipping sign bits: any machine. */
SWK_DECLARE_SIGN_ROWS(float, swk_sign_rows_flipping_f32)
SWK_DECLARE_SIGN_ROWS(double, swk_sign_rows_flipping_f64)

/* By tables: x86-64-v3 and many rows. */
SWK_DECLARE_SIGN_ROWS(float, swk_sign_rows_tables_f32)
SWK_DECLARE_SIGN_ROWS(double, swk_sign_rows_tables_f64)

#endif
