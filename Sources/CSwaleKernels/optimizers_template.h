/* The optimiser steps for the selected type. */
SWK_CLONES void FN(swk_sgd_step)(int64_t n, REAL lr, REAL momentum, int32_t nesterov, REAL weight_decay, const REAL *g,
                                 REAL *v, REAL *x)
{
    if (!v) {
        SWK_LOOP
        for (int64_t i = 0; i < n; i++)
            x[i] -= lr * (g[i] + weight_decay * x[i]);
        return;
    }
    /* The step is keep * g' + look * v for both variants. */
    REAL keep = nesterov ? R(1.0) : R(0.0), look = nesterov ? momentum : R(1.0);
    SWK_LOOP
    for (int64_t i = 0; i < n; i++) {
        REAL slope = g[i] + weight_decay * x[i];
        REAL velocity = momentum * v[i] + slope;
        v[i] = velocity;
        x[i] -= lr * (keep * slope + look * velocity);
    }
}

SWK_CLONES void FN(swk_adam_step)(int64_t n, REAL lr, REAL beta1, REAL beta2, REAL eps, REAL bias1, REAL bias2,
                                  REAL weight_decay, const REAL *g, REAL *m, REAL *v, REAL *x)
{
    REAL rate = lr / bias1, inverse_root = R(1.0) / SWK_SQRT(bias2);
    SWK_LOOP
    for (int64_t i = 0; i < n; i++) {
        REAL slope = g[i] + weight_decay * x[i];
        REAL mean = beta1 * m[i] + (R(1.0) - beta1) * slope;
        REAL square = beta2 * v[i] + (R(1.0) - beta2) * slope * slope;
        m[i] = mean;
        v[i] = square;
        x[i] -= rate * mean / (SWK_SQRT(square) * inverse_root + eps);
    }
}
