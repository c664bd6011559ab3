/* The array functions of vector_math.h for the selected type. */
#undef SWK_DEFINE_MAP
#define SWK_DEFINE_MAP(name, function)                                                                                 \
    SWK_CLONES void FN(name)(int64_t n, const REAL *x, REAL *y)                                                        \
    {                                                                                                                  \
        int64_t whole = n & -(int64_t)SWK_STEP;                                                                        \
        SWK_POLYNOMIAL_LOOP                                                                                            \
        for (int64_t i = 0; i < whole; i++)                                                                            \
            y[i] = function(x[i]);                                                                                     \
        if (whole == n)                                                                                                \
            return;                                                                                                    \
        REAL rest[SWK_STEP] = {0};                                                                                     \
        for (int64_t i = whole; i < n; i++)                                                                            \
            rest[i - whole] = x[i];                                                                                    \
        SWK_POLYNOMIAL_LOOP                                                                                            \
        for (int i = 0; i < SWK_STEP; i++)                                                                             \
            rest[i] = function(rest[i]);                                                                               \
        for (int64_t i = whole; i < n; i++)                                                                            \
            y[i] = rest[i - whole];                                                                                    \
    }

SWK_DEFINE_MAP(swk_vexp, FN(exponential))
SWK_DEFINE_MAP(swk_vlog, FN(logarithm))
SWK_DEFINE_MAP(swk_vexpm1, FN(exp_minus_one))
SWK_DEFINE_MAP(swk_vlog1p, FN(log_one_plus))
SWK_DEFINE_MAP(swk_vtanh, FN(hyperbolic_tangent))
SWK_DEFINE_MAP(swk_vsigmoid, FN(logistic))
SWK_DEFINE_MAP(swk_vsoftplus, FN(soft_plus))
SWK_DEFINE_MAP(swk_verf, FN(error_function))
SWK_DEFINE_MAP(swk_verfc, WIDE(error_complement))
SWK_DEFINE_MAP(swk_vlog_ndtrc, WIDE(log_normal_tail))
SWK_DEFINE_MAP(swk_vinverse_mills, WIDE(inverse_mills))

SWK_CLONES void FN(swk_vsincos)(int64_t n, const REAL *x, REAL *s, REAL *c)
{
    int64_t whole = n & -(int64_t)SWK_STEP;
    SWK_POLYNOMIAL_LOOP
    for (int64_t i = 0; i < whole; i++) {
        REAL sine, cosine;
        FN(sincos)(x[i], &sine, &cosine);
        s[i] = sine;
        c[i] = cosine;
    }
    if (whole == n)
        return;
    REAL sine[SWK_STEP] = {0}, cosine[SWK_STEP];
    for (int64_t i = whole; i < n; i++)
        sine[i - whole] = x[i];
    SWK_POLYNOMIAL_LOOP
    for (int i = 0; i < SWK_STEP; i++)
        FN(sincos)(sine[i], &sine[i], &cosine[i]);
    for (int64_t i = whole; i < n; i++) {
        s[i] = sine[i - whole];
        c[i] = cosine[i - whole];
    }
}
