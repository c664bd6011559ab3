/* Blocks of vectors and samples of every length, from none: an empty block succeeds and writes nothing, a block of three is
 * three blocks of one, and a wrong point or a missing capability is refused whatever the length. */
#include "landscapes.h"

enum { ROOM_FOR_BLOCKS = 64 * MOST_PARAMETERS };

static double out[ROOM_FOR_BLOCKS], single[ROOM_FOR_BLOCKS], vectors[ROOM_FOR_BLOCKS];

typedef swale_status product(swale_objective_t, const double *, const double *, int64_t, int64_t, double *);

static product *const products[] = {swale_objective_hvp, swale_objective_gauss_newton, swale_objective_jvp,
                                    swale_objective_vjp};

static int is_untouched(void) {
  for (int i = 0; i < ROOM_FOR_BLOCKS; i++)
    if (out[i] != 77) return 0;
  return 1;
}

static void touch(void) {
  for (int i = 0; i < ROOM_FOR_BLOCKS; i++) out[i] = 77;
}

static void test_products(const struct landscape *at) {
  const int64_t n = at->info.dimension, outputs = at->info.sample_count * at->info.output_count;
  double bad[MOST_PARAMETERS];
  memcpy(bad, at->x, sizeof bad);
  bad[n - 1] = NAN;
  for (int i = 0; i < ROOM_FOR_BLOCKS; i++) vectors[i] = sin(i);
  for (int p = 0; p < 4; p++) {
    const int64_t read = p == 3 ? outputs : n, written = p == 2 ? outputs : n;
    const swale_status works = products[p](at->objective, at->x, vectors, n, 1, out);
    CHECK(works == SWALE_OK || works == SWALE_E_UNSUPPORTED);
    touch();
    CHECK(products[p](at->objective, at->x, vectors, n, 0, out) == works && is_untouched());
    CHECK(products[p](at->objective, at->x, vectors, n, -1, out) < 0 && is_untouched());
    CHECK(products[p](at->objective, bad, vectors, n, 0, out) == (works == SWALE_OK ? SWALE_E_NONFINITE : works));
    CHECK(products[p](at->objective, at->x, vectors, n + 1, 0, out) == SWALE_E_SHAPE);
    if (works != SWALE_OK || 3 * (read > written ? read : written) > ROOM_FOR_BLOCKS) continue;
    WORKS(products[p](at->objective, at->x, vectors, n, 3, out));
    for (int j = 0; j < 3; j++) {
      WORKS(products[p](at->objective, at->x, vectors + j * read, n, 1, single));
      for (int64_t i = 0; i < written; i++)
        /* sums of a few dozen terms in another order, in the precision of the objective */
        CHECK(fabs(out[j * written + i] - single[i]) <=
              (at->info.precision == SWALE_F32 ? 1e-4 : 1e-12) * (1 + fabs(single[i])));
    }
  }
}

static void test_samples(const struct landscape *at) {
  const int64_t n = at->info.dimension, samples = at->info.sample_count;
  const swale_objective_t f = at->objective;
  if (!(at->info.capabilities & SWALE_CAN_SAMPLE_GRADIENTS)) return;
  touch();
  for (int64_t first = 0; first <= samples; first++)
    WORKS(swale_objective_sample_gradients(f, at->x, n, first, 0, out));
  REFUSED(SWALE_E_ARGUMENT, "there are", swale_objective_sample_gradients(f, at->x, n, samples + 1, 0, out));
  REFUSED(SWALE_E_ARGUMENT, "there are", swale_objective_sample_gradients(f, at->x, n, samples, 1, out));
  REFUSED(SWALE_E_ARGUMENT, "samples", swale_objective_sample_gradients(f, at->x, n, 0, -1, out));
  REFUSED(SWALE_E_ARGUMENT, "first", swale_objective_sample_gradients(f, at->x, n, INT64_MAX, 1, out));
  CHECK(is_untouched());
  WORKS(swale_objective_sample_gradients(f, at->x, n, 2, 3, out));
  for (int j = 0; j < 3; j++) {
    WORKS(swale_objective_sample_gradients(f, at->x, n, 2 + j, 1, single));
    for (int64_t i = 0; i < n; i++)
      CHECK(fabs(out[j * n + i] - single[i]) <= (at->info.precision == SWALE_F32 ? 1e-4 : 1e-12));
  }
}

int main(void) {
  make_landscapes();
  for (int i = 0; i < landscape_count; i++) {
    test_products(&landscapes[i]);
    test_samples(&landscapes[i]);
  }
  return finish("blocks");
}
