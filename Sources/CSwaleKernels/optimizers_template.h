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

SWK_CLONES void FN(swk_damped_step)(int64_t n, REAL lr, REAL momentum, REAL gain, REAL weight_decay, const REAL *g,
                                    REAL *v, REAL *x)
{
    SWK_LOOP
    for (int64_t i = 0; i < n; i++) {
        REAL velocity = momentum * v[i] + gain * (g[i] + weight_decay * x[i]);
        v[i] = velocity;
        x[i] -= lr * velocity;
    }
}

/* A mean square that has left the range would be infinite for ever and hold the parameter where it is. */
SWK_INLINE REAL FN(bounded)(REAL square) { return square < LARGEST ? square : LARGEST; }

SWK_CLONES void FN(swk_adam_step)(int64_t n, REAL lr, REAL beta1, REAL beta2, REAL eps, REAL bias1, REAL bias2,
                                  REAL weight_decay, const REAL *g, REAL *m, REAL *v, REAL *x)
{
    REAL rate = lr / bias1, inverse_root = R(1.0) / SWK_SQRT(bias2);
    SWK_LOOP
    for (int64_t i = 0; i < n; i++) {
        REAL slope = g[i] + weight_decay * x[i];
        REAL mean = beta1 * m[i] + (R(1.0) - beta1) * slope;
        REAL square = FN(bounded)(beta2 * v[i] + (R(1.0) - beta2) * slope * slope);
        m[i] = mean;
        v[i] = square;
        x[i] -= rate * mean / (SWK_SQRT(square) * inverse_root + eps);
    }
}

SWK_CLONES void FN(swk_amsgrad_step)(int64_t n, REAL lr, REAL beta1, REAL beta2, REAL eps, REAL bias1, REAL bias2,
                                     REAL weight_decay, const REAL *g, REAL *m, REAL *v, REAL *peak, REAL *x)
{
    REAL rate = lr / bias1, inverse_root = R(1.0) / SWK_SQRT(bias2);
    SWK_LOOP
    for (int64_t i = 0; i < n; i++) {
        REAL slope = g[i] + weight_decay * x[i];
        REAL mean = beta1 * m[i] + (R(1.0) - beta1) * slope;
        REAL square = FN(bounded)(beta2 * v[i] + (R(1.0) - beta2) * slope * slope);
        REAL largest = square > peak[i] ? square : peak[i];
        m[i] = mean;
        v[i] = square;
        peak[i] = largest;
        x[i] -= rate * mean / (SWK_SQRT(largest) * inverse_root + eps);
    }
}

/* Centred, the variance is kept instead of the mean square: v - m^2 of two running means, without its cancellation. */
SWK_CLONES void FN(swk_rmsprop_step)(int64_t n, REAL lr, REAL alpha, REAL eps, REAL momentum, REAL weight_decay,
                                     const REAL *g, REAL *v, REAL *m, REAL *b, REAL *x)
{
    REAL fresh = R(1.0) - alpha, weight = m ? alpha * fresh : fresh;
    SWK_LOOP
    for (int64_t i = 0; i < n; i++) {
        REAL slope = g[i] + weight_decay * x[i];
        REAL gap = m ? slope - m[i] : slope;
        REAL square = FN(bounded)(alpha * v[i] + weight * gap * gap);
        REAL step = slope / (SWK_SQRT(square) + eps);
        v[i] = square;
        if (m)
            m[i] += fresh * gap;
        if (b) {
            step += momentum * b[i];
            b[i] = step;
        }
        x[i] -= lr * step;
    }
}

SWK_CLONES void FN(swk_adagrad_step)(int64_t n, REAL lr, REAL eps, REAL weight_decay, const REAL *g, REAL *sum, REAL *x)
{
    SWK_LOOP
    for (int64_t i = 0; i < n; i++) {
        REAL slope = g[i] + weight_decay * x[i];
        REAL squares = FN(bounded)(sum[i] + slope * slope);
        sum[i] = squares;
        x[i] -= lr * slope / (SWK_SQRT(squares) + eps);
    }
}

/* One step of a point on a leash: the gradient step of swk_sgd_step, a pull towards an anchor, noise, and a running
 * mean of where it has been. Entropy-SGD's walker has all of it, a replica only the pull. */
SWK_CLONES void FN(swk_tethered_step)(int64_t n, REAL lr, REAL momentum, int32_t nesterov, REAL weight_decay, REAL pull,
                                      REAL noise, REAL memory, const REAL *g, const REAL *anchor, const REAL *eta,
                                      REAL *v, REAL *mean, REAL *x)
{
    REAL keep = nesterov || !v ? R(1.0) : R(0.0), look = nesterov ? momentum : R(1.0);
    SWK_LOOP
    for (int64_t i = 0; i < n; i++) {
        REAL at = x[i];
        REAL slope = g[i] + weight_decay * at;
        REAL velocity = v ? momentum * v[i] + slope : R(0.0);
        if (v)
            v[i] = velocity;
        at -= lr * (keep * slope + look * velocity) + pull * (at - anchor[i]);
        if (eta)
            at += noise * eta[i];
        if (mean)
            mean[i] = memory * mean[i] + (R(1.0) - memory) * at;
        x[i] = at;
    }
}
