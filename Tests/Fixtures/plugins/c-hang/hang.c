// Nodes that do not return from one of their functions: `test.hang` turns the loudest sample of each call into a score,
// `test.hang.sink` takes scores. Parameters select the function, and the duration.

#define AUSCULT_PLUGIN
#include "auscult/node.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct hang {
  const char *where;
  double seconds;
  uint32_t after;
  uint32_t calls;
} hang;

static const auscult_value *find(uint32_t count, const auscult_argument *arguments, const char *name) {
  for (uint32_t i = 0; i < count; i++) {
    if (strcmp(arguments[i].name, name) == 0) return &arguments[i].value;
  }
  return NULL;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

// Creates the file that the environment variable TEST_HANG_FILE names, so that a test knows that a node hangs.
static void show_hang(void) {
  const char *path = getenv("TEST_HANG_FILE");
  FILE *file = path ? fopen(path, "w") : NULL;
  if (file) fclose(file);
}

// Sleeps, so that a machine with few processors can go on; 0 seconds: for ever.
static void be_late(const hang *node, const char *place) {
  if (strcmp(node->where, place) != 0) return;
  if (strcmp(place, "process") != 0) show_hang();
  double end = now() + node->seconds;
  while (node->seconds == 0 || now() < end) {
    struct timespec nap = {.tv_nsec = 20000000};
    nanosleep(&nap, NULL);
  }
}

static auscult_status create(const auscult_class *self, const auscult_host *host, uint32_t count,
                             const auscult_argument *arguments, void **instance, auscult_error *error) {
  (void)self;
  (void)host;
  (void)error;
  hang *node = calloc(1, sizeof *node);
  node->where = find(count, arguments, "where")->text;
  node->seconds = find(count, arguments, "seconds")->number;
  node->after = (uint32_t)find(count, arguments, "after")->number;
  be_late(node, "create");
  *instance = node;
  return AUSCULT_OK;
}

static auscult_status configure(void *instance, const auscult_setup *setup, auscult_answer *answer,
                                auscult_error *error) {
  (void)setup;
  (void)error;
  be_late(instance, "configure");
  if (answer->output_count == 0) return AUSCULT_OK;
  answer->outputs[0].kind = AUSCULT_SCORE;
  answer->outputs[0].stamp = AUSCULT_STAMP_NODE;
  answer->outputs[0].rows = answer->outputs[0].columns = 1;
  answer->bursts[0] = 1;
  return AUSCULT_OK;
}

static auscult_status activate(void *instance, auscult_error *error) {
  (void)error;
  ((hang *)instance)->calls = 0;
  be_late(instance, "activate");
  return AUSCULT_OK;
}

static auscult_status process(void *instance, auscult_cycle *cycle) {
  hang *node = instance;
  const auscult_block *input = cycle->inputs[0];
  if (input->count == 0) return AUSCULT_OK;
  if (node->calls++ >= node->after) {
    be_late(node, "process");
    // Once is enough for a call that returns.
    if (strcmp(node->where, "process") == 0) node->where = "nowhere";
  }
  if (cycle->output_count == 0) return AUSCULT_OK;
  auscult_block *output = cycle->outputs[0];
  auscult_score *score = output->data;
  memset(score, 0, sizeof *score);
  score->class_index = -1;
  const float *samples = input->data;
  for (uint32_t i = 0; i < input->count; i++) score->score = fmax(score->score, fabsf(samples[i]));
  score->threshold = 10;
  output->heads[0] = input->heads[0];
  output->count = 1;
  return AUSCULT_OK;
}

static void deactivate(void *instance) { be_late(instance, "deactivate"); }

static void destroy(void *instance) {
  be_late(instance, "destroy");
  free(instance);
}

static const auscult_port audio[] = {
    {.size = sizeof(auscult_port), .name = "in", .kinds = AUSCULT_AUDIO, .summary = "Samples"}};
static const auscult_port scores[] = {
    {.size = sizeof(auscult_port), .name = "score", .kinds = AUSCULT_SCORE, .summary = "Loudest sample"}};
static const auscult_port sink[] = {
    {.size = sizeof(auscult_port), .name = "in", .kinds = AUSCULT_SCORE, .summary = "Scores"}};
static const char *const places[] = {"nowhere", "create", "configure", "activate", "process", "deactivate", "destroy",
                                     NULL};
static const auscult_parameter parameters[] = {
    {.size = sizeof(auscult_parameter),
     .name = "where",
     .type = AUSCULT_CHOICE,
     .initial = "nowhere",
     .choices = places,
     .summary = "Which function does not return"},
    {.size = sizeof(auscult_parameter),
     .name = "seconds",
     .type = AUSCULT_NUMBER,
     .units = AUSCULT_UNIT_SECOND,
     .unit = AUSCULT_UNIT_SECOND,
     .minimum = 0,
     .maximum = 1e9,
     .initial = "0",
     .summary = "For how long; 0: for ever"},
    {.size = sizeof(auscult_parameter),
     .name = "after",
     .type = AUSCULT_INTEGER,
     .minimum = 0,
     .maximum = 1e9,
     .initial = "0",
     .summary = "Calls of process that go well before"},
};

static const auscult_class hang_class = {
    .size = sizeof(auscult_class),
    .name = "test.hang",
    .version = "1.0.0",
    .summary = "Does not return.",
    .realtime = AUSCULT_HARD,
    .traits = AUSCULT_TRAIT_DETECTOR,
    .input_count = 1,
    .output_count = 1,
    .parameter_count = 3,
    .inputs = audio,
    .outputs = scores,
    .parameters = parameters,
    .create = create,
    .configure = configure,
    .activate = activate,
    .process = process,
    .deactivate = deactivate,
    .destroy = destroy,
};

static const auscult_class sink_class = {
    .size = sizeof(auscult_class),
    .name = "test.hang.sink",
    .version = "1.0.0",
    .summary = "Takes scores, and does not return.",
    .realtime = AUSCULT_OFFLOAD,
    .traits = AUSCULT_TRAIT_SINK,
    .input_count = 1,
    .parameter_count = 3,
    .inputs = sink,
    .parameters = parameters,
    .create = create,
    .configure = configure,
    .activate = activate,
    .process = process,
    .deactivate = deactivate,
    .destroy = destroy,
};

static const auscult_class *const classes[] = {&hang_class, &sink_class};

static const auscult_library_info library = {
    .size = sizeof(auscult_library_info),
    .abi_major = AUSCULT_ABI_MAJOR,
    .abi_minor = AUSCULT_ABI_MINOR,
    .class_count = 2,
    .build_id = "test-hang-1",
    .classes = classes,
};

const auscult_library_info *auscult_library(void) { return &library; }
