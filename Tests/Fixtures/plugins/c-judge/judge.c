// A detector without a memory: the score of a channel is `weight` times the mean (class test.judge) or the largest
// (class test.peak) of a token's values. On demand it takes long to activate, or fails after some tokens.

#define AUSCULT_PLUGIN
#include "auscult/node.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// Another build of the same source.
#ifndef BUILD
#define BUILD "test-judge-1"
#endif
#ifndef FACTOR
#define FACTOR 1
#endif

typedef struct judge {
  const auscult_class *self;
  double weight;
  double nap;   // seconds in activate
  double work;  // seconds in each process
  int64_t bad_after;
  const char *how;
  int64_t tokens;
} judge;

static double number(uint32_t count, const auscult_argument *arguments, const char *name) {
  for (uint32_t i = 0; i < count; i++) {
    if (strcmp(arguments[i].name, name) == 0) return arguments[i].value.number;
  }
  return 0;
}

static auscult_status create(const auscult_class *self, const auscult_host *host, uint32_t count,
                             const auscult_argument *arguments, void **instance, auscult_error *error) {
  (void)host;
  (void)error;
  judge *node = calloc(1, sizeof *node);
  node->self = self;
  node->weight = number(count, arguments, "weight");
  node->nap = number(count, arguments, "nap");
  node->work = number(count, arguments, "work");
  node->bad_after = (int64_t)number(count, arguments, "bad_after");
  node->how = "nan";
  for (uint32_t i = 0; i < count; i++) {
    if (strcmp(arguments[i].name, "how") == 0) node->how = arguments[i].value.text;
  }
  *instance = node;
  return AUSCULT_OK;
}

static auscult_status configure(void *instance, const auscult_setup *setup, auscult_answer *answer,
                                auscult_error *error) {
  (void)instance;
  (void)error;
  answer->outputs[0].kind = AUSCULT_SCORE;
  answer->outputs[0].rows = answer->outputs[0].columns = 1;
  answer->outputs[0].frequencies = NULL;
  answer->outputs[0].frequency_count = 0;
  (void)setup;
  return AUSCULT_OK;
}

static void sleep_for(double seconds) {
  struct timespec nap = {.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - floor(seconds)) * 1e9)};
  if (seconds > 0) nanosleep(&nap, NULL);
}

static auscult_status activate(void *instance, auscult_error *error) {
  judge *node = instance;
  sleep_for(node->nap);
  node->tokens = 0;
  if (node->weight == -1) {
    strcpy(error->text, "cannot weigh with -1");
    strcpy(error->parameter, "weight");
    return AUSCULT_FAILED;
  }
  return AUSCULT_OK;
}

static int is_how(const judge *node, const char *how) { return strcmp(node->how, how) == 0; }

static auscult_status process(void *instance, auscult_cycle *cycle) {
  judge *node = instance;
  const auscult_block *input = cycle->inputs[0];
  auscult_block *output = cycle->outputs[0];
  int is_peak = strcmp(node->self->name, "test.peak") == 0;
  uint32_t length = input->format->rows * input->format->columns;
  for (uint32_t token = 0; token < input->count; token++) {
    node->tokens++;
    int is_bad = node->bad_after > 0 && node->tokens > node->bad_after;
    if (is_bad && is_how(node, "fail")) {
      cycle->failure = "fails on demand";
      return AUSCULT_FAILED;
    }
    for (uint32_t channel = 0; channel < input->format->channels; channel++) {
      const float *values =
          (const float *)((const char *)input->data + token * input->token_stride + channel * input->channel_stride);
      double sum = 0, peak = values[0];
      for (uint32_t i = 0; i < length; i++) {
        sum += values[i];
        if (values[i] > peak) peak = values[i];
      }
      auscult_score *score =
          (auscult_score *)((char *)output->data + token * output->token_stride + channel * output->channel_stride);
      memset(score, 0, sizeof *score);
      score->class_index = -1;
      score->threshold = 1;
      score->score = FACTOR * node->weight * (is_peak ? peak : sum / length);
      if (is_bad && is_how(node, "nan")) score->score = NAN;
      if (is_bad && is_how(node, "infinite")) score->threshold = INFINITY;
    }
  }
  if (input->count > 0) sleep_for(node->work);
  output->count = input->count;
  int is_bad = node->bad_after > 0 && node->tokens > node->bad_after;
  if (is_bad && is_how(node, "overflow")) output->count = output->capacity + 1;
  return AUSCULT_OK;
}

static void deactivate(void *instance) { (void)instance; }

static void destroy(void *instance) { free(instance); }

static const auscult_port inputs[] = {{.size = sizeof(auscult_port),
                                       .name = "in",
                                       .kinds = AUSCULT_FEATURES | AUSCULT_SLICE,
                                       .summary = "What is judged"}};
static const auscult_port outputs[] = {
    {.size = sizeof(auscult_port), .name = "score", .kinds = AUSCULT_SCORE, .summary = "A score for each token"}};

#define NUMBER(NAME, INITIAL, SUMMARY)                                                                              \
  {.size = sizeof(auscult_parameter), .name = NAME, .type = AUSCULT_NUMBER, .minimum = -1e9, .maximum = 1e9,        \
   .initial = INITIAL, .summary = SUMMARY}
static const char *const hows[] = {"nan", "infinite", "fail", "overflow", NULL};
static const auscult_parameter parameters[] = {
    NUMBER("weight", "1", "What the scores are multiplied by; -1 is refused by activate"),
    NUMBER("nap", "0", "Seconds that activate takes"),
    NUMBER("work", "0", "Seconds that a call with tokens takes"),
    NUMBER("bad_after", "0", "Tokens after which it goes wrong; 0: never"),
    {.size = sizeof(auscult_parameter), .name = "how", .type = AUSCULT_CHOICE, .initial = "nan", .choices = hows,
     .summary = "How it goes wrong"},
};

#define CLASS(NAME, REALTIME)                                                                                        \
  {.size = sizeof(auscult_class), .name = NAME, .version = "1.0.0", .summary = "Judges without a memory.",          \
   .realtime = REALTIME, .traits = AUSCULT_TRAIT_DETECTOR, .input_count = 1, .output_count = 1,                      \
   .parameter_count = 5, .inputs = inputs, .outputs = outputs, .parameters = parameters, .create = create,           \
   .configure = configure, .activate = activate, .process = process, .deactivate = deactivate, .destroy = destroy}
static const auscult_class judge_class = CLASS("test.judge", AUSCULT_HARD);
static const auscult_class peak_class = CLASS("test.peak", AUSCULT_HARD);

static const auscult_class *const classes[] = {&judge_class, &peak_class};

static const auscult_library_info library = {
    .size = sizeof(auscult_library_info),
    .abi_major = AUSCULT_ABI_MAJOR,
    .abi_minor = AUSCULT_ABI_MINOR,
    .class_count = 2,
    .build_id = BUILD,
    .classes = classes,
};

const auscult_library_info *auscult_library(void) { return &library; }
