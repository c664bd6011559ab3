/* Gains of real-valued energies in the selected type. */

SWK_INLINE void FN(set_gains)(double up, double down, REAL *even, REAL *odd)
{
    *even = (REAL)(0.5 * (up + down));
    *odd = (REAL)(0.5 * (down - up));
}

/* Energies that are functions of S: the changes for a pattern when a field rises or sinks by 2. */
SWK_INLINE void FN(output_gains)(int kind, const swk_device *d, int32_t s, int32_t c, int32_t h, REAL *even, REAL *odd)
{
    double now = output_energy(d, s);
    FN(set_gains)(output_energy(d, moved_output(kind, s, c, h, h + 2)) - now,
                  output_energy(d, moved_output(kind, s, c, h, h - 2)) - now, even, odd);
}

SWK_INLINE void FN(unit_gains)(int kind, const swk_device *d, int64_t unit, const int32_t *fields, const int32_t *s,
                               REAL *even, REAL *odd, double *total)
{
    int32_t sign = d->output_sign[unit];
    const int32_t *h = fields + unit * d->lanes;
    REAL *e = even + unit * d->lanes, *o = odd + unit * d->lanes;
    if (kind == SWK_DEVICE_PERCEPTRON && d->energy == SWK_ENERGY_TABLE) {
        const double *pairs = d->pairs - d->table_low;
        SWK_SCALAR_LOOP
        for (int64_t p = 0; p < d->lanes; p++) {
            const double *pair = pairs + s[p];
            e[p] = (REAL)pair[0];
            o[p] = (REAL)(pair[1] * d->labels[p]);
        }
    } else {
        SWK_SCALAR_LOOP
        for (int64_t p = 0; p < d->lanes; p++)
            FN(output_gains)(kind, d, s[p], sign * d->labels[p], h[p], e + p, o + p);
    }
    for (int64_t p = d->patterns; p < d->lanes; p++)
        e[p] = o[p] = 0;
    total[unit] = FN(total)(d->lanes, e);
}

/* Flips to repair a pattern: the gains of all units, whose totals follow (whole numbers: without rounding). */
SWK_INLINE void FN(repair_gains)(int kind, const swk_device *d, int64_t p, const int32_t *fields, int32_t s, REAL *even,
                                 REAL *odd, double *total)
{
    swk_repair found = {0, 0, 0};
    if (s < d->threshold)
        found = repair(kind, d, fields, p, s);
    for (int64_t k = 0; k < d->hidden; k++) {
        int32_t h = fields[k * d->lanes + p], label = d->labels[p];
        REAL *e = even + k * d->lanes + p, *o = odd + k * d->lanes + p;
        double before = (double)*e;
        FN(set_gains)(repair_change(kind, d, s, label, h, h + 2, &found),
                      repair_change(kind, d, s, label, h, h - 2, &found), e, o);
        total[k] += (double)*e - before;
    }
}

SWK_INLINE void FN(gain_fill)(int kind, const swk_device *d, const int32_t *fields, const int32_t *s, REAL *even,
                              REAL *odd, double *total)
{
    if (follows_output(kind, d)) {
        for (int64_t k = 0; k < d->hidden; k++)
            FN(unit_gains)(kind, d, k, fields, s, even, odd, total);
        return;
    }
    for (int64_t i = 0; i < d->hidden * d->lanes; i++)
        even[i] = odd[i] = 0;
    for (int64_t k = 0; k < d->hidden; k++)
        total[k] = 0;
    for (int64_t p = 0; p < d->patterns; p++)
        FN(repair_gains)(kind, d, p, fields, s[p], even, odd, total);
}

SWK_CLONES void FN(swk_gain_fill)(const swk_device *d, const int32_t *fields, const int32_t *s, REAL *even, REAL *odd,
                                  double *total)
{
    SWK_FOR_KIND(d->kind, FN(gain_fill)(KIND, d, fields, s, even, odd, total))
}

typedef REAL FN(swk_sixteen) __attribute__((vector_size(16 * sizeof(REAL))));
typedef BITS FN(swk_sixteen_bits) __attribute__((vector_size(16 * sizeof(REAL))));

/* Two running sums of sixteen lanes: a sign is spread from its bit to the sign bit of its lane. */
SWK_CLONES double FN(swk_gain_change)(int64_t lanes, const uint64_t *column, uint64_t turned, const REAL *odd)
{
    const FN(swk_sixteen_bits) bit = {1,      1 << 1, 1 << 2,  1 << 3,  1 << 4,  1 << 5,  1 << 6,  1 << 7,
                                      1 << 8, 1 << 9, 1 << 10, 1 << 11, 1 << 12, 1 << 13, 1 << 14, 1 << 15};
    const BITS sign_bit = (BITS)1 << (sizeof(REAL) * 8 - 1);
    FN(swk_sixteen) sum[2] = {{0}};
    for (int64_t w = 0; w < lanes / 64; w++) {
        uint64_t rises = ~(column[w] ^ turned);
        for (int q = 0; q < 4; q++) {
            FN(swk_sixteen_bits) bits, flip = (FN(swk_sixteen_bits))((bit & (BITS)(rises >> 16 * q & 0xffff)) != 0);
            FN(swk_sixteen) term;
            __builtin_memcpy(&bits, odd + 64 * w + 16 * q, sizeof bits);
            bits ^= flip & sign_bit;
            __builtin_memcpy(&term, &bits, sizeof term);
            sum[q & 1] += term;
        }
    }
    REAL lane[16];
    sum[0] += sum[1];
    __builtin_memcpy(lane, &sum[0], sizeof lane);
    for (int width = 8; width > 0; width /= 2)
        for (int j = 0; j < width; j++)
            lane[j] += lane[j + width];
    return (double)lane[0];
}

/* The gains of pattern p for all units but one, with their totals. */
SWK_INLINE void FN(other_gains)(int kind, const swk_device *d, int64_t unit, int64_t p, const int32_t *fields,
                                int32_t s, REAL *even, REAL *odd, double *total)
{
    for (int64_t k = 0; k < d->hidden; k++) {
        if (k == unit)
            continue;
        int64_t place = k * d->lanes + p;
        double before = (double)even[place];
        FN(output_gains)(kind, d, s, d->labels[p] * d->output_sign[k], fields[place], even + place, odd + place);
        total[k] += (double)even[place] - before;
    }
}

SWK_INLINE void FN(gain_flip)(int kind, const swk_device *d, int64_t unit, const uint64_t *column, uint64_t turned,
                              int32_t *fields, int32_t *s, REAL *even, REAL *odd, double *total)
{
    int32_t *h = fields + unit * d->lanes, sign = d->output_sign[unit];
    int repairs = !follows_output(kind, d);
    /* A pattern two votes inside the constraint costs nothing whatever one vote does; parity has no such inside. */
    int32_t inside = kind == SWK_DEVICE_PARITY ? INT32_MAX : d->threshold + 2;
    for (int64_t w = 0; w < d->lanes / 64; w++) {
        uint8_t touched[64];
        uint64_t sinks = column[w] ^ turned;
        SWK_LOOP
        for (int j = 0; j < 64; j++) {
            int64_t p = 64 * w + j;
            int32_t before = s[p], next = h[p] + 2 - 4 * (int32_t)(sinks >> j & 1);
            int32_t after = moved_output(kind, before, sign * d->labels[p], h[p], next);
            touched[j] = repairs ? (before < inside) | (after < inside) : after != before;
            h[p] = next;
            s[p] = after;
        }
        if (d->hidden == 1 && !repairs)
            continue;
        uint64_t rest = gather_flags(touched);
        if (w == d->lanes / 64 - 1 && d->patterns & 63)
            rest &= ((uint64_t)1 << (d->patterns & 63)) - 1;
        for (; rest; rest &= rest - 1) {
            int64_t p = 64 * w + __builtin_ctzll(rest);
            if (repairs)
                FN(repair_gains)(kind, d, p, fields, s[p], even, odd, total);
            else
                FN(other_gains)(kind, d, unit, p, fields, s[p], even, odd, total);
        }
    }
    if (!repairs)
        FN(unit_gains)(kind, d, unit, fields, s, even, odd, total);
}

SWK_CLONES void FN(swk_gain_flip)(const swk_device *d, int64_t unit, const uint64_t *column, uint64_t turned,
                                  int32_t *fields, int32_t *s, REAL *even, REAL *odd, double *total)
{
    SWK_FOR_KIND(d->kind, FN(gain_flip)(KIND, d, unit, column, turned, fields, s, even, odd, total))
}
