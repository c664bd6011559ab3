/* Moves of spins, and learning rules of binary weights on patterns stored as bits: weight i is the sign of a hidden
 * variable h[i].
 *
 * Every unit has fan_in weights; their bits (1 for +1) fill `words` = (fan_in + 63) / 64 words with padding bits 0, and
 * their hidden variables 64 * words numbers, whose padding is written but never read. A field is
 * fan_in - 2 popcount(inputs xor weights); a vote of unit k is right when label * field >= field_bound, and a pattern
 * is satisfied when right votes - wrong votes >= vote_bound. */
#ifndef SWK_SPINS_H
#define SWK_SPINS_H

#include <stdint.h>

/* Random bits to the numbers of Metropolis moves: sites floor(words[i] n / 2^32), which differ in probability by at
 * most 2^-32, and u in (0, 1], whose relative steps are at most 2^-24 down to 2^-31. */
void swk_spin_sites(int64_t count, const uint32_t *words, uint64_t n, int64_t *sites);
void swk_spin_uniforms(int64_t count, const uint32_t *words, float *u);

typedef struct swk_machine {
    int64_t hidden;
    int64_t fan_in;
    int64_t words;   /* of one unit */
    int64_t segment; /* words from the inputs of a unit to those of the next; 0 when all units share them */
    int64_t stride;  /* words from a pattern to the next */
    int64_t field_bound;
    int64_t vote_bound;
    const uint64_t *bits;
    const float *labels;
} swk_machine;

/* Patterns 0 ..< patterns that the weights w (hidden x words) do not satisfy. */
int64_t swk_machine_errors(const swk_machine *m, int64_t patterns, const uint64_t *w);

/* Bits of the signs of h; 0 counts as +1. */
void swk_pack_hidden_i32(int64_t fan_in, const int32_t *h, uint64_t *w);
void swk_pack_hidden_f32(int64_t fan_in, const float *h, uint64_t *w);

/* One epoch of stochastic belief-propagation-inspired learning for one unit, over the patterns in `order`. A wrong
 * pattern moves every h by 2 label input; one that is right by at most `depth` steps of 1 above the bound moves, when
 * its draw (draws[t] for the t-th pattern) is below `chance`, only those h whose weight agrees with it. A move that
 * would carry |h| above `clip` is left out (0: no clip). Returns the number of wrong patterns met. */
int64_t swk_sbpi_epoch(const swk_machine *m, int64_t count, const int64_t *order, const uint32_t *draws,
                       int64_t depth, uint64_t chance, int32_t clip, int32_t *h, uint64_t *w);

/* Least action over a batch at fixed weights: for every wrong pattern the smallest number of wrong votes that would
 * repair it, those with fields nearest to right, add label * input to `gain` (hidden x 64 words, which the caller keeps
 * zero between batches) and mark their unit in `touched`. `fields` is room for `hidden` numbers. Returns the number of
 * wrong patterns. */
int64_t swk_least_action_batch(const swk_machine *m, int64_t count, const int64_t *order, const uint64_t *w,
                               int32_t *fields, int32_t *gain, uint8_t *touched);

/* h += eta gain for touched units, whose gain and mark are cleared; w follows. */
void swk_least_action_step(const swk_machine *m, float eta, int32_t *gain, uint8_t *touched, float *h, uint64_t *w);

/* The same for all units, then the pull towards the mean of the replicas:
 * h += eta gain; h += lambda (pull[sum + replicas] - correction sign(h)); `sum` follows the change of sign(h). */
void swk_entropic_step(const swk_machine *m, float eta, float lambda, float correction, int64_t replicas,
                       const float *pull, int32_t *gain, uint8_t *touched, float *h, uint64_t *w, int32_t *sum);

/* The same with a centre that has hidden variables of its own: d = lambda (sign(hc) - sign(h + eta gain)) is added to
 * h and subtracted from hc. */
void swk_centered_step(const swk_machine *m, float eta, float lambda, int32_t *gain, uint8_t *touched, float *h,
                       uint64_t *w, float *hc, uint64_t *wc);

#endif
