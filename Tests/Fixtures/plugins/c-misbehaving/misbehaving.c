// A detector that misbehaves after some tokens: the score of a channel is the first value of its token. It is loaded in
// processes of their own only.

#define AUSCULT_PLUGIN
#define _GNU_SOURCE
#include "auscult/node.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct node {
  const char *how;
  const char *where;
  int64_t after;
  int64_t tokens;
} node;

static const char *text(uint32_t count, const auscult_argument *arguments, const char *name) {
  for (uint32_t i = 0; i < count; i++) {
    if (strcmp(arguments[i].name, name) == 0) return arguments[i].value.text;
  }
  return "";
}

static double number(uint32_t count, const auscult_argument *arguments, const char *name) {
  for (uint32_t i = 0; i < count; i++) {
    if (strcmp(arguments[i].name, name) == 0) return arguments[i].value.number;
  }
  return 0;
}

static int says(const char *word, const char *other) { return strcmp(word, other) == 0; }

static void eat(void) {
  for (;;) {
    char *memory = malloc(1 << 24);
    if (memory == NULL) {
      fprintf(stderr, "there is no more memory\n");
      abort();
    }
    // Volatile, or the compiler leaves the allocation out.
    *(volatile char *)memory = 1;
  }
}

// A bomb where processes can be made; where they can't, it says so and ends.
static void make_processes(void) {
  for (int i = 0; i < 1000; i++) {
    pid_t child = fork();
    if (child == 0) pause();
    if (child < 0) {
      fprintf(stderr, "fork: %s\n", strerror(errno));
      abort();
    }
  }
}

// The ways around: signals that a file sends, rights by a file that is only read, memory and queues of the system.
static const char *reach_indirectly(void) {
  int ends[2];
  cpu_set_t first;
  CPU_ZERO(&first);
  CPU_SET(0, &first);
  int file = open("/proc/self/exe", O_RDONLY);
  struct stat status;
  if (pipe(ends) != 0 || file < 0 || fstat(file, &status) != 0) return "could not open files to read";
  if (fcntl(ends[0], F_SETOWN, getppid()) == 0) return "made its parent the owner of a pipe";
  if (fcntl(ends[0], F_SETSIG, SIGTERM) == 0) return "chose the signal of a pipe";
  if (fchmod(file, status.st_mode) == 0) return "changed the rights of a file";
  if (fchown(file, status.st_uid, status.st_gid) == 0) return "changed the owner of a file";
  if (futimens(file, NULL) == 0) return "changed the times of a file";
  if (flock(file, LOCK_EX | LOCK_NB) == 0) return "locked a file";
  if (sched_setaffinity(getppid(), sizeof first, &first) == 0) return "moved its parent to a processor";
  if (prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) == 0) return "chose to outlive its parent";
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0) return "opened sockets";
  if (msgget(IPC_PRIVATE, IPC_CREAT | 0600) >= 0) return "made a queue of messages";
  if (mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED) {
    return "took memory that is not counted";
  }
  close(file);
  close(ends[0]);
  close(ends[1]);
  return NULL;
}

// Everything that reaches beyond its process. Each must be refused: what is not is said, and ends the process.
static void escape(void) {
  char path[] = "/tmp/auscult-escape-XXXXXX";
  struct rlimit more = {RLIM_INFINITY, RLIM_INFINITY};
  const char *done = NULL;
  if (socket(AF_INET, SOCK_STREAM, 0) >= 0) done = "opened a socket";
  if (mkstemp(path) >= 0) done = "made a file";
  if (open("/dev/null", O_WRONLY | O_APPEND) >= 0) done = "opened a file for writing";
  if (mkdir("/tmp/auscult-escape", 0700) == 0) done = "made a folder";
  if (kill(getppid(), 0) == 0) done = "sent a signal";
  if (setrlimit(RLIMIT_DATA, &more) == 0) done = "raised its limit";
  if (memfd_create("x", 0) >= 0) done = "made a file in memory";
  if (execl("/bin/true", "true", NULL) == 0) done = "became another program";
  const char *indirect = reach_indirectly();
  if (indirect != NULL) done = indirect;
  if (done != NULL) {
    fprintf(stderr, "%s\n", done);
    exit(9);
  }
}

// Whether a file can be read and has a word in its first 64 KiB.
static int holds(const char *path, const char *word) {
  static char bytes[1 << 16];
  int file = open(path, O_RDONLY);
  if (file < 0) return 0;
  ssize_t count = read(file, bytes, sizeof bytes);
  close(file);
  return count > 0 && memmem(bytes, (size_t)count, word, strlen(word)) != NULL;
}

// Says which variables it has, its own and those of the host, and ends.
static void tell_environment(void) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/environ", getppid());
  fprintf(stderr, "token %d%d%d, path %d, language %d\n", getenv("TEST_TOKEN") != NULL,
          holds("/proc/self/environ", "TEST_TOKEN"), holds(path, "TEST_TOKEN"), getenv("PATH") != NULL,
          getenv("LC_TEST") != NULL);
  exit(5);
}

// Where $XDG_MISBEHAVE names a file, the node is good until the file exists.
static int is_good_yet(void) {
  const char *path = getenv("XDG_MISBEHAVE");
  return path != NULL && access(path, F_OK) != 0;
}

static void misbehave(const char *how) {
  if (is_good_yet()) return;
  if (says(how, "segfault")) raise(SIGSEGV);
  if (says(how, "abort")) abort();
  if (says(how, "exit")) exit(3);
  if (says(how, "loop")) {
    for (volatile int i = 0;; i++) {}
  }
  if (says(how, "sleep")) {
    for (;;) pause();
  }
  if (says(how, "eat")) eat();
  if (says(how, "fork")) make_processes();
  if (says(how, "escape")) escape();
  if (says(how, "environment")) tell_environment();
  if (says(how, "chatter")) {
    for (int i = 0; i < 20000; i++) printf("nonsense %d\n", i);
    fflush(stdout);
    exit(4);
  }
}

static auscult_status create(const auscult_class *self, const auscult_host *host, uint32_t count,
                             const auscult_argument *arguments, void **instance, auscult_error *error) {
  (void)self;
  (void)host;
  (void)error;
  node *made = calloc(1, sizeof *made);
  made->how = text(count, arguments, "how");
  made->where = text(count, arguments, "where");
  made->after = (int64_t)number(count, arguments, "after");
  if (says(made->where, "create")) misbehave(made->how);
  *instance = made;
  return AUSCULT_OK;
}

static auscult_status configure(void *instance, const auscult_setup *setup, auscult_answer *answer,
                                auscult_error *error) {
  (void)setup;
  (void)error;
  if (says(((node *)instance)->where, "configure")) misbehave(((node *)instance)->how);
  answer->outputs[0].kind = AUSCULT_SCORE;
  answer->outputs[0].rows = answer->outputs[0].columns = 1;
  answer->outputs[0].frequencies = NULL;
  answer->outputs[0].frequency_count = 0;
  return AUSCULT_OK;
}

static auscult_status activate(void *instance, auscult_error *error) {
  (void)error;
  if (says(((node *)instance)->where, "activate")) misbehave(((node *)instance)->how);
  ((node *)instance)->tokens = 0;
  return AUSCULT_OK;
}

static auscult_status process(void *instance, auscult_cycle *cycle) {
  node *self = instance;
  const auscult_block *input = cycle->inputs[0];
  auscult_block *output = cycle->outputs[0];
  for (uint32_t token = 0; token < input->count; token++) {
    int is_bad = ++self->tokens > self->after && says(self->where, "process");
    if (is_bad) misbehave(self->how);
    for (uint32_t channel = 0; channel < input->format->channels; channel++) {
      const float *values =
          (const float *)((const char *)input->data + token * input->token_stride + channel * input->channel_stride);
      auscult_score *score =
          (auscult_score *)((char *)output->data + token * output->token_stride + channel * output->channel_stride);
      memset(score, 0, sizeof *score);
      score->class_index = -1;
      score->threshold = 1;
      score->score = values[0];
    }
    if (is_bad && says(self->how, "overwrite")) {
      memset((char *)output->data + output->capacity * output->token_stride, 0, 32);
    }
    if (is_bad && says(self->how, "garbage")) {
      // Over the heads, the marks and whatever else lies behind the data.
      memset(output->data, 0xee, (size_t)output->capacity * output->token_stride + 4096);
    }
    if (is_bad && says(self->how, "count")) {
      output->count = 0xffffffffu;
      return AUSCULT_OK;
    }
  }
  output->count = input->count;
  return AUSCULT_OK;
}

static void reset(void *instance) {
  if (says(((node *)instance)->where, "reset")) misbehave(((node *)instance)->how);
}

static void deactivate(void *instance) {
  if (says(((node *)instance)->where, "deactivate")) misbehave(((node *)instance)->how);
}

static void destroy(void *instance) {
  if (says(((node *)instance)->where, "destroy")) misbehave(((node *)instance)->how);
  free(instance);
}

static const auscult_port inputs[] = {{.size = sizeof(auscult_port),
                                       .name = "in",
                                       .kinds = AUSCULT_FEATURES | AUSCULT_SLICE,
                                       .summary = "What is judged"}};
static const auscult_port outputs[] = {
    {.size = sizeof(auscult_port), .name = "score", .kinds = AUSCULT_SCORE, .summary = "A score for each token"}};

static const char *const hows[] = {"segfault", "abort",     "exit",    "loop",  "sleep",   "eat", "fork",
                                   "escape",   "overwrite", "garbage", "count", "chatter", "environment", NULL};
static const char *const wheres[] = {"create", "configure", "activate", "process", "reset", "deactivate", "destroy", NULL};
static const auscult_parameter parameters[] = {
    {.size = sizeof(auscult_parameter), .name = "how", .type = AUSCULT_CHOICE, .initial = "segfault", .choices = hows,
     .summary = "What it does"},
    {.size = sizeof(auscult_parameter), .name = "where", .type = AUSCULT_CHOICE, .initial = "process",
     .choices = wheres, .summary = "The call in which it does it"},
    {.size = sizeof(auscult_parameter), .name = "after", .type = AUSCULT_NUMBER, .minimum = 0, .maximum = 1e9,
     .initial = "0", .summary = "Tokens that it judges first"},
};

static const auscult_class misbehaving = {
    .size = sizeof(auscult_class), .name = "test.misbehaving", .version = "1.0.0",
    .summary = "Misbehaves after some tokens.", .realtime = AUSCULT_OFFLOAD, .traits = AUSCULT_TRAIT_DETECTOR,
    .input_count = 1, .output_count = 1, .parameter_count = 3, .inputs = inputs, .outputs = outputs,
    .parameters = parameters, .create = create, .configure = configure, .activate = activate, .reset = reset,
    .process = process, .deactivate = deactivate, .destroy = destroy};

static const auscult_class *const classes[] = {&misbehaving};

static const auscult_library_info library = {
    .size = sizeof(auscult_library_info),
    .abi_major = AUSCULT_ABI_MAJOR,
    .abi_minor = AUSCULT_ABI_MINOR,
    .class_count = 1,
    .build_id = "test-misbehaving-1",
    .classes = classes,
};

const auscult_library_info *auscult_library(void) { return &library; }
