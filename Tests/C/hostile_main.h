/* Runs the calls of a generated hostile.c: all combinations of arguments where there are few, a random choice of them
 * where there are many. */

struct work {
  const struct function *function;
  uint64_t seed;
  int announce;
  pthread_barrier_t *ready;
};

static void every_choice(const struct function *f, long trial, int *index) {
  for (int p = 0; p < f->parameters; p++) {
    index[p] = (int)(trial % f->sizes[p]);
    trial /= f->sizes[p];
  }
}

/* Mostly good values, so that calls get past the first check. */
static void random_choice(const struct function *f, uint64_t *random, int *index) {
  for (int p = 0; p < f->parameters; p++) {
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    int good = f->good[p] >= 0 && (*random >> 60) < 12;
    index[p] = good ? f->good[p] : (int)((*random >> 33) % (uint64_t)f->sizes[p]);
  }
}

static void *run_calls(void *argument) {
  struct work *work = argument;
  const struct function *f = work->function;
  static _Thread_local struct context context;
  struct context *c = &context;
  c->random = work->seed;
  c->numbers = calloc(BUFFER, sizeof *c->numbers);
  c->output = calloc(BUFFER, sizeof *c->output);
  c->integers = calloc(BUFFER, sizeof *c->integers);
  if (c->numbers == NULL || c->output == NULL || c->integers == NULL) return NULL;
  fill_context(c);
  /* Only when every thread has its objects: hostile calls may set limits of the whole process. */
  pthread_barrier_wait(work->ready);
  long product = 1;
  for (int p = 0; p < f->parameters; p++) product = product > MOST_TRIALS ? product : product * f->sizes[p];
  for (long trial = 0; trial < (product < MOST_TRIALS ? product : MOST_TRIALS); trial++) {
    int index[MOST_PARAMETERS];
    if (product <= MOST_TRIALS) every_choice(f, trial, index);
    else random_choice(f, &c->random, index);
    if (work->announce) memcpy(shared->index, index, sizeof index);
    reset(c);
    f->call(c, index);
    checks_passed++;
  }
  swale_set_memory_limit(0);
  empty_context(c);
  free(c->numbers);
  free(c->output);
  free(c->integers);
  return NULL;
}

static int child(const struct function *f) {
  pthread_barrier_t alone, together;
  struct work one = {f, 1, 1, &alone}, others[2] = {{f, 2, 0, &together}, {f, 3, 0, &together}};
  pthread_t threads[2];
  alarm(120);
  pthread_barrier_init(&alone, NULL, 1);
  pthread_barrier_init(&together, NULL, 2);
  run_calls(&one);
  for (int p = 0; p < MOST_PARAMETERS; p++) shared->index[p] = -1;
  swale_set_threads(2);
  for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, run_calls, &others[i]);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  return checks_failed > 0;
}

static void report(const struct function *f, int status) {
  printf("FAILED %s: ", f->name);
  if (WIFSIGNALED(status)) printf("signal %d", WTERMSIG(status));
  else printf("exit status %d", WEXITSTATUS(status));
  if (shared->index[0] < 0) {
    printf(" with two threads\n");
    return;
  }
  printf(", last arguments (numbers of values in hostile.h):");
  for (int p = 0; p < f->parameters; p++) printf(" %d", shared->index[p]);
  printf("\n");
}

int main(int argc, char **argv) {
  int count = COUNT_OF(functions), failed = 0, ran = 0;
  memset(long_text, 'x', sizeof long_text - 1);
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return 2;
  for (int i = 0; i < count; i++) {
    if (argc > 1 && strcmp(argv[1], functions[i].name) != 0) continue;
    int status = 0;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
      int result = child(&functions[i]);
      fflush(stdout);
      _exit(result);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid) return 2;
    ran++;
    if (status != 0) report(&functions[i], status), failed++;
  }
  printf("hostile: %ld calls accepted, %ld refused; %d functions passed, %d failed\n", shared->accepted, shared->refused,
         ran - failed, failed);
  return failed > 0;
}
