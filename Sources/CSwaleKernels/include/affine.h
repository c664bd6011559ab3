/* Activations of pre-activations that are affine in one or two coordinates: lines and planes through parameter space.
 *
 * At the kinks and in the last bits as in activations.h. */
#ifndef SWK_AFFINE_H
#define SWK_AFFINE_H

#include <stdint.h>

#define SWK_DECLARE_AFFINE(T, S)                                                                                       \
    /* out = phi(z0 + s zu + t zv); zv may be NULL: phi(z0 + s zu). out may be the same array as any input. */         \
    void swk_affine_activate_##S(int32_t kind, T slope, int64_t n, T s, T t, const T *z0, const T *zu, const T *zv,    \
                                 T *out);

SWK_DECLARE_AFFINE(float, f32)
SWK_DECLARE_AFFINE(double, f64)

#endif
