/* Data files with random damage: each is read or refused with a sentence, in bounded time and memory, and what is read
 * is finite. Arguments: number of files for each seed, first seed of the random numbers. */
#include "child.h"

enum { MOST_BYTES = 4096, MEMORY = 1 << 26 };

struct seed {
  const char *source, *option;
  int count;
  unsigned char bytes[MOST_BYTES];
};

static struct seed seeds[8];
static int seed_count;
static long files_each = 300;
static uint64_t random_state;
static char path[64];

static int below(int n) {
  random_state ^= random_state << 13, random_state ^= random_state >> 7, random_state ^= random_state << 17;
  return (int)((random_state >> 11) % (uint64_t)n);
}

static void add_seed(const char *source, const char *option, const void *bytes, int count) {
  struct seed *new = &seeds[seed_count++];
  new->source = source;
  new->option = option;
  new->count = count;
  memcpy(new->bytes, bytes, (size_t)count);
}

/* The same content in a gzip file of one stored block (RFC 1951, 1952). */
static void add_compressed(const struct seed *plain) {
  unsigned char out[MOST_BYTES] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1};
  uint32_t crc = UINT32_MAX;
  const int n = plain->count;
  for (int i = 0; i < n; i++) {
    crc ^= plain->bytes[i];
    for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
  }
  crc = ~crc;
  out[11] = (unsigned char)n, out[12] = (unsigned char)(n >> 8);
  out[13] = (unsigned char)~out[11], out[14] = (unsigned char)~out[12];
  memcpy(out + 15, plain->bytes, (size_t)n);
  for (int i = 0; i < 4; i++) {
    out[15 + n + i] = (unsigned char)(crc >> 8 * i);
    out[19 + n + i] = (unsigned char)(n >> 8 * i);
  }
  add_seed(plain->source, plain->option, out, n + 23);
}

static void make_seeds(void) {
  static const char idx[] = "\0\0\x08\x03\0\0\0\x02\0\0\0\x02\0\0\0\x03\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c";
  static const char csv[] = "a,b,label\n1,2.5,0\n\"-3e2\",.5,1\r\n1e-5,7,2\n", blanks[] = "1 2 0\n3\t4 1\n";
  static const char header[] = "\x93NUMPY\1\0\x76\0{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }";
  unsigned char npy[128 + 48];
  const double values[6] = {1, 2, 3, 4.5, -5, 6};
  memset(npy, ' ', sizeof npy);
  memcpy(npy, header, sizeof header - 1);
  npy[127] = '\n';
  memcpy(npy + 128, values, sizeof values);
  add_seed("idx", "images", idx, sizeof idx - 1);
  add_seed("npy", "inputs", npy, sizeof npy);
  add_seed("csv", "path", csv, sizeof csv - 1);
  add_seed("csv", "path", blanks, sizeof blanks - 1);
  for (int i = 0; i < 3; i++) add_compressed(&seeds[i]);
}

/* One damage: a byte, a bit, a cut, a gap, more bytes, or words that parsers know. */
static int damage(unsigned char *bytes, int n) {
  static const char *const words[] = {"'fortran_order': True", "(999999999999,)", "'<f2'", "1e999", "nan", "\n\n",
                                      ",,,", "-9223372036854775808", "18446744073709551616", "\xff\xff\xff\xff", "\x7f\xff"};
  const char *word = words[below(sizeof words / sizeof *words)];
  const int length = (int)strlen(word), at = n > 0 ? below(n) : 0, gap = 1 + below(16);
  switch (below(7)) {
    case 0: bytes[at] = (unsigned char)below(256); break;
    case 1: bytes[at % 24] ^= (unsigned char)(1 << below(8)); break;
    case 2: n = at; break;
    case 3:
      if (at + gap < n) memmove(bytes + at, bytes + at + gap, (size_t)(n - at - gap)), n -= gap;
      break;
    case 4:
      if (n + gap < MOST_BYTES) {
        memmove(bytes + at + gap, bytes + at, (size_t)(n - at));
        for (int i = 0; i < gap; i++) bytes[at + i] = (unsigned char)below(256);
        n += gap;
      }
      break;
    case 5:
      for (int i = 0; i < length && at + i < n; i++) bytes[at + i] = (unsigned char)word[i];
      break;
    default:
      for (int i = 0; i < 4 && at + i < n; i++) bytes[at + i] = below(2) ? 0 : 0xff;
  }
  return n;
}

static void judge(swale_status status, swale_dataset_t data) {
  swale_dataset_info info = {.struct_size = sizeof info};
  swale_array array;
  if (status != SWALE_OK) {
    CHECK(status < 0 && status != SWALE_E_INTERNAL && strlen(swale_last_error()) > 10);
    return;
  }
  WORKS(swale_dataset_describe(data, &info));
  CHECK(info.sample_count > 0);
  WORKS(swale_dataset_array(data, "inputs", &array));
  int64_t count = 1, wrong = 0;
  for (int i = 0; i < array.ndim; i++) count *= array.shape[i];
  for (int64_t i = 0; i < count; i++)
    wrong += !isfinite(array.dtype == SWALE_F32 ? ((const float *)array.data)[i] : ((const double *)array.data)[i]);
  CHECK(wrong == 0);
  WORKS(swale_dataset_destroy(data));
}

static void read_damaged(void) {
  const uint64_t first = random_state;
  WORKS(swale_set_memory_limit(MEMORY));
  for (int s = 0; s < seed_count; s++) {
    for (long number = 0; number < files_each; number++) {
      unsigned char bytes[MOST_BYTES];
      int n = seeds[s].count;
      random_state = (first + (uint64_t)number) * 0x9E3779B97F4A7C15u | 1;
      for (int i = 0; i < 8; i++) below(2);
      memcpy(bytes, seeds[s].bytes, (size_t)n);
      for (int k = number == 0 ? 0 : 1 + below(below(4) ? 3 : 20); k > 0; k--) n = damage(bytes, n);
      if (!begin_case("damaged %s file %ld of seed %d", seeds[s].source, number, s)) continue;
      FILE *file = fopen(path, "wb");
      CHECK(file != NULL && fwrite(bytes, 1, (size_t)n, file) == (size_t)n && fclose(file) == 0);
      swale_options_t options = 0;
      swale_dataset_t data = 0;
      WORKS(swale_options_create(&options));
      WORKS(swale_options_set_text(options, seeds[s].option, path));
      if (s == 3) WORKS(swale_options_set_text(options, "delimiter", "space"));
      const swale_status status = swale_dataset_create(seeds[s].source, options, 0, &data);
      CHECK(number > 0 || status == SWALE_OK); /* the seed itself is good */
      judge(status, data);
      WORKS(swale_options_destroy(options));
    }
  }
}

int main(int argc, char **argv) {
  if (argc > 1) files_each = atol(argv[1]);
  random_state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
  snprintf(path, sizeof path, "/tmp/swale-damaged-%ld", (long)getpid());
  make_seeds();
  run_in_children("damaged files", read_damaged, ROOM);
  remove(path);
  return finish("damaged_files");
}
