/* Constants of the elementary functions for the selected type. The polynomials are minimax fits (Remez exchange, 40
 * digits), lowest order first:
 *   exp    (e^r - 1 - r) / r^2                on |r| <= ln 2 / 2
 *   log    (2 atanh(s) / s - 2) / s^2         in s^2, |s| <= 3 - 2 sqrt 2
 *   sin    (sin r - r) / r^3, cos (cos r - 1 + r^2 / 2) / r^4, in r^2, |r| <= pi / 4
 *   erf    erf(x) / x - 1                     in x^2, |x| <= 1
 *   erfcx  ((1 + 2 x) e^(x^2) erfc(x) - 1) / (1 + q)  in q = (x - K) / (x + K), 0 <= x < inf */
#undef LOG2_E
#undef LN2_HI
#undef LN2_LO
#undef EXP_MIN
#undef EXP_MAX
#undef MIN_NORMAL
#undef SQRT_HALF_BITS
#undef TWO_OVER_PI
#undef PIO2_1
#undef PIO2_2
#undef PIO2_3
#undef ERFCX_K
#undef HIGH_HALF
#undef TABLE
#define TABLE(name) FN(table_##name)

/* ln 2 and pi / 2 are split so that small integers times their leading parts are exact. */
#if REAL_IS_F32
#define LOG2_E 0x1.715476p+0f
#define LN2_HI 0x1.62e4p-1f
#define LN2_LO 0x1.7f7d1cp-20f
#define EXP_MIN -105.0f
#define EXP_MAX 89.0f
#define MIN_NORMAL 0x1p-126f
#define SQRT_HALF_BITS 0x3f3504f3u
#define TWO_OVER_PI 0x1.45f306p-1f
#define PIO2_1 0x1.921f8p+0f
#define PIO2_2 0x1.aa22p-19f
#define PIO2_3 0x1.68c234p-39f
#define ERFCX_K 2.5f
#define HIGH_HALF 0xfffff000u

static const REAL TABLE(exp)[] = {
    0x1.0p-1f, 0x1.555556p-3f, 0x1.5554aep-5f, 0x1.11109p-7f, 0x1.6d748cp-10f,
    0x1.a1a132p-13f,
};
static const REAL TABLE(log)[] = {
    0x1.555554p-1f, 0x1.999a7cp-2f, 0x1.2438aap-2f, 0x1.e2fda8p-3f,
};
static const REAL TABLE(sin)[] = {
    -0x1.555556p-3f, 0x1.11110ep-7f, -0x1.a013a2p-13f, 0x1.6dbc3p-19f,
};
static const REAL TABLE(cos)[] = {
    0x1.555556p-5f, -0x1.6c16cp-10f, 0x1.a015cp-16f, -0x1.25230ep-22f,
};
static const REAL TABLE(erf)[] = {
    0x1.06eba8p-3f, -0x1.81273ep-2f, 0x1.ce2d2p-4f, -0x1.b7fbb4p-6f, 0x1.5419f4p-8f,
    -0x1.a485e4p-11f, 0x1.4ae4bcp-14f,
};
static const REAL TABLE(erfcx)[] = {
    0x1.0f31bep-2f, -0x1.8c7cd8p-2f, 0x1.27163ap-2f, -0x1.0b5838p-3f, 0x1.c3b15cp-6f,
    0x1.53878ep-8f, -0x1.158a7p-8f, -0x1.d040eep-14f, 0x1.2d77c2p-11f, -0x1.17b11ep-18f,
    -0x1.f86036p-15f,
};
#else
#define LOG2_E 0x1.71547652b82fep+0
#define LN2_HI 0x1.62e42fefa2p-1
#define LN2_LO 0x1.9ef35793c7673p-41
#define EXP_MIN -746.0
#define EXP_MAX 710.0
#define MIN_NORMAL 0x1p-1022
#define SQRT_HALF_BITS 0x3fe6a09e667f3bcdu
#define TWO_OVER_PI 0x1.45f306dc9c883p-1
#define PIO2_1 0x1.921fb54442dp+0
#define PIO2_2 0x1.8469898cc5p-48
#define PIO2_3 0x1.701b839a25205p-92
#define ERFCX_K 3.75
#define HIGH_HALF 0xfffffffff8000000u

static const REAL TABLE(exp)[] = {
    0x1.0p-1, 0x1.5555555555559p-3, 0x1.555555555555ap-5, 0x1.111111110f6abp-7,
    0x1.6c16c16c1444fp-10, 0x1.a01a01afe86dcp-13, 0x1.a01a01b0b96ep-16, 0x1.71ddf8476b5c1p-19,
    0x1.27e4c59911356p-22, 0x1.af5eda43f6243p-26, 0x1.1f9572502a711p-29,
};
static const REAL TABLE(log)[] = {
    0x1.5555555555593p-1, 0x1.999999997fb59p-2, 0x1.2492494215c88p-2, 0x1.c71c51e94896bp-3,
    0x1.746645ee0b6a2p-3, 0x1.39a0facfdc56ap-3, 0x1.2f0d5801d688ap-3,
};
static const REAL TABLE(sin)[] = {
    -0x1.5555555555555p-3, 0x1.1111111110ba6p-7, -0x1.a01a019e80a1cp-13, 0x1.71de3792920ffp-19,
    -0x1.ae6006d98d58bp-26, 0x1.5e0998812c7b4p-33,
};
static const REAL TABLE(cos)[] = {
    0x1.5555555555555p-5, -0x1.6c16c16c1696p-10, 0x1.a01a019f4d27fp-16, -0x1.27e4fa15d9ff3p-22,
    0x1.1eeb66d0da423p-29, -0x1.907c1f700861p-37,
};
static const REAL TABLE(erf)[] = {
    0x1.06eba8214db69p-3, -0x1.812746b0379e6p-2, 0x1.ce2f21a042b34p-4, -0x1.b82ce31284f37p-6,
    0x1.565bcd0dbd8f6p-8, -0x1.c02db3db49075p-11, 0x1.f9a321e4ad1a4p-14, -0x1.f4d1e433feb01p-17,
    0x1.b9df305470ccp-20, -0x1.5f1f40bf373b6p-23, 0x1.f7b99b60b02f2p-27, -0x1.38ac1d33ff189p-30,
    0x1.06274e2811605p-34,
};
static const REAL TABLE(erfcx)[] = {
    0x1.e66d05aeaee14p-3, -0x1.82d1be1953bddp-2, 0x1.867da3425672ap-2, -0x1.323d48ce30d7ap-2,
    0x1.85a5f94f4ceb7p-3, -0x1.9137da13fd9b6p-4, 0x1.419eb9ba24a8ep-5, -0x1.651adfee258bep-7,
    0x1.2dd51d9926a32p-10, 0x1.3cc9e1acb067cp-11, -0x1.459898e053744p-12, 0x1.558f52bf03e8cp-16,
    0x1.067bcf976a6aap-15, -0x1.2ad862ebb5269p-17, -0x1.549b8f17e7687p-19, 0x1.a3e4a983928bfp-20,
    0x1.91fc945bbcfe9p-23, -0x1.0680b8325e1e1p-22, -0x1.df816cfed835fp-27, 0x1.401da5c2490c3p-25,
    0x1.572d640fb1965p-30, -0x1.5868a0c9f502fp-28, -0x1.b8a8047433c1fp-34, 0x1.c7f3a1568fb1bp-32,
};
#endif
