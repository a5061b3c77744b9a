// A node that breaks the rules on demand: the loudest sample of each call becomes a score; after `after` calls it does
// what `fault` names.

#define AUSCULT_PLUGIN
#include "auscult/node.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct faulty {
  const char *fault;
  uint32_t after;
  uint32_t calls;
} faulty;

static const auscult_value *find(uint32_t count, const auscult_argument *arguments, const char *name) {
  for (uint32_t i = 0; i < count; i++) {
    if (strcmp(arguments[i].name, name) == 0) return &arguments[i].value;
  }
  return NULL;
}

static auscult_status create(const auscult_class *self, const auscult_host *host, uint32_t count,
                             const auscult_argument *arguments, void **instance, auscult_error *error) {
  (void)self;
  (void)host;
  (void)error;
  faulty *node = calloc(1, sizeof *node);
  node->fault = find(count, arguments, "fault")->text;
  node->after = (uint32_t)find(count, arguments, "after")->number;
  *instance = node;
  return AUSCULT_OK;
}

static auscult_status configure(void *instance, const auscult_setup *setup, auscult_answer *answer,
                                auscult_error *error) {
  (void)instance;
  (void)setup;
  (void)error;
  answer->outputs[0].kind = AUSCULT_SCORE;
  answer->outputs[0].stamp = AUSCULT_STAMP_NODE;
  answer->outputs[0].rows = answer->outputs[0].columns = 1;
  answer->bursts[0] = 1;
  return AUSCULT_OK;
}

static auscult_status activate(void *instance, auscult_error *error) {
  (void)error;
  ((faulty *)instance)->calls = 0;
  return AUSCULT_OK;
}

static auscult_status process(void *instance, auscult_cycle *cycle) {
  faulty *node = instance;
  const auscult_block *input = cycle->inputs[0];
  auscult_block *output = cycle->outputs[0];
  if (input->count == 0) return AUSCULT_OK;
  node->calls++;
  int is_due = node->calls > node->after;
  if (is_due && strcmp(node->fault, "fail") == 0) {
    cycle->failure = "fails on demand";
    return AUSCULT_FAILED;
  }
  if (is_due && strcmp(node->fault, "slow") == 0) {
    struct timespec nap = {.tv_nsec = 20000000};
    nanosleep(&nap, NULL);
  }
  auscult_score *score = output->data;
  memset(score, 0, sizeof *score);
  score->class_index = -1;
  const float *samples = input->data;
  for (uint32_t i = 0; i < input->count; i++) score->score = fmax(score->score, fabsf(samples[i]));
  score->threshold = 10;
  if (is_due && strcmp(node->fault, "nan") == 0) score->score = NAN;
  output->heads[0] = input->heads[0];
  output->count = is_due && strcmp(node->fault, "overflow") == 0 ? output->capacity + 1 : 1;
  return AUSCULT_OK;
}

static void deactivate(void *instance) { (void)instance; }

static void destroy(void *instance) { free(instance); }

static const auscult_port inputs[] = {
    {.size = sizeof(auscult_port), .name = "in", .kinds = AUSCULT_AUDIO, .summary = "Samples"}};
static const auscult_port outputs[] = {
    {.size = sizeof(auscult_port), .name = "score", .kinds = AUSCULT_SCORE, .summary = "Loudest sample"}};
static const char *const faults[] = {"none", "nan", "fail", "overflow", "slow", NULL};
static const auscult_parameter parameters[] = {
    {.size = sizeof(auscult_parameter),
     .name = "fault",
     .type = AUSCULT_CHOICE,
     .initial = "none",
     .choices = faults,
     .summary = "What to do wrong"},
    {.size = sizeof(auscult_parameter),
     .name = "after",
     .type = AUSCULT_INTEGER,
     .minimum = 0,
     .maximum = 1e9,
     .initial = "0",
     .summary = "Calls that go well before"},
};

static const auscult_class faulty_class = {
    .size = sizeof(auscult_class),
    .name = "test.faulty",
    .version = "1.0.0",
    .summary = "Breaks the rules on demand.",
    .realtime = AUSCULT_HARD,
    .traits = AUSCULT_TRAIT_DETECTOR,
    .input_count = 1,
    .output_count = 1,
    .parameter_count = 2,
    .inputs = inputs,
    .outputs = outputs,
    .parameters = parameters,
    .create = create,
    .configure = configure,
    .activate = activate,
    .process = process,
    .deactivate = deactivate,
    .destroy = destroy,
};

// Passes audio on for `after` calls, then fails.

static auscult_status pass_configure(void *instance, const auscult_setup *setup, auscult_answer *answer,
                                     auscult_error *error) {
  (void)instance;
  (void)setup;
  (void)answer;
  (void)error;
  return AUSCULT_OK;
}

static auscult_status pass(void *instance, auscult_cycle *cycle) {
  faulty *node = instance;
  const auscult_block *input = cycle->inputs[0];
  auscult_block *output = cycle->outputs[0];
  if (input->count == 0) return AUSCULT_OK;
  if (node->calls++ >= node->after) {
    cycle->failure = "fails on demand";
    return AUSCULT_FAILED;
  }
  for (uint32_t channel = 0; channel < input->format->channels; channel++) {
    memcpy((char *)output->data + channel * output->channel_stride,
           (const char *)input->data + channel * input->channel_stride, input->count * sizeof(float));
  }
  output->count = input->count;
  return AUSCULT_OK;
}

static const auscult_port pass_outputs[] = {
    {.size = sizeof(auscult_port), .name = "out", .kinds = AUSCULT_AUDIO, .summary = "Samples"}};

static const auscult_class pass_class = {
    .size = sizeof(auscult_class),
    .name = "test.pass",
    .version = "1.0.0",
    .summary = "Passes audio on until it fails.",
    .realtime = AUSCULT_HARD,
    .input_count = 1,
    .output_count = 1,
    .parameter_count = 2,
    .inputs = inputs,
    .outputs = pass_outputs,
    .parameters = parameters,
    .create = create,
    .configure = pass_configure,
    .activate = activate,
    .process = pass,
    .deactivate = deactivate,
    .destroy = destroy,
};

// Passes audio or features on. After `after` calls it writes NaN (`nan`), or once its input was not finite, for ever
// (`poison`).

static auscult_status taint(void *instance, auscult_cycle *cycle) {
  faulty *node = instance;
  const auscult_block *input = cycle->inputs[0];
  auscult_block *output = cycle->outputs[0];
  int is_audio = input->format->kind == AUSCULT_AUDIO;
  uint32_t tokens = is_audio ? 1 : input->count;
  uint32_t width = is_audio ? input->count : input->format->rows * input->format->columns;
  if (input->count == 0) return AUSCULT_OK;
  int is_poisoned = strcmp(node->fault, "poison") == 0;
  if (!is_poisoned) node->calls++;
  for (uint32_t token = 0; token < tokens; token++) {
    for (uint32_t channel = 0; channel < input->format->channels; channel++) {
      const float *from =
          (const float *)((const char *)input->data + token * input->token_stride + channel * input->channel_stride);
      float *to = (float *)((char *)output->data + token * output->token_stride + channel * output->channel_stride);
      for (uint32_t i = 0; i < width; i++) {
        if (is_poisoned && !isfinite(from[i])) node->calls = UINT32_MAX;
        to[i] = from[i];
      }
      if (strcmp(node->fault, "none") != 0 && node->calls > node->after) to[width - 1] = NAN;
    }
  }
  output->count = input->count;
  return AUSCULT_OK;
}

static const auscult_port taint_inputs[] = {
    {.size = sizeof(auscult_port), .name = "in", .kinds = AUSCULT_AUDIO | AUSCULT_FEATURES, .summary = "Any values"}};
static const auscult_port taint_outputs[] = {
    {.size = sizeof(auscult_port), .name = "out", .kinds = AUSCULT_AUDIO | AUSCULT_FEATURES, .summary = "The same"}};
static const char *const taints[] = {"none", "nan", "poison", NULL};
static const auscult_parameter taint_parameters[] = {
    {.size = sizeof(auscult_parameter),
     .name = "fault",
     .type = AUSCULT_CHOICE,
     .initial = "none",
     .choices = taints,
     .summary = "What to do wrong"},
    {.size = sizeof(auscult_parameter),
     .name = "after",
     .type = AUSCULT_INTEGER,
     .minimum = 0,
     .maximum = 1e9,
     .initial = "0",
     .summary = "Calls that go well before"},
};

static const auscult_class taint_class = {
    .size = sizeof(auscult_class),
    .name = "test.taint",
    .version = "1.0.0",
    .summary = "Passes values on, and some that are not finite.",
    .realtime = AUSCULT_HARD,
    .input_count = 1,
    .output_count = 1,
    .parameter_count = 2,
    .inputs = taint_inputs,
    .outputs = taint_outputs,
    .parameters = taint_parameters,
    .create = create,
    .configure = pass_configure,
    .activate = activate,
    .process = taint,
    .deactivate = deactivate,
    .destroy = destroy,
};

// A source that hands on the driver's samples as they are.

static auscult_status create_wire(const auscult_class *self, const auscult_host *host, uint32_t count,
                                  const auscult_argument *arguments, void **instance, auscult_error *error) {
  (void)self;
  (void)host;
  (void)count;
  (void)arguments;
  (void)error;
  *instance = calloc(1, sizeof(faulty));
  return AUSCULT_OK;
}

static auscult_status wire_configure(void *instance, const auscult_setup *setup, auscult_answer *answer,
                                     auscult_error *error) {
  (void)instance;
  (void)error;
  auscult_format *format = &answer->outputs[0];
  format->kind = AUSCULT_AUDIO;
  format->channels = format->rows = format->columns = 1;
  format->driver_rate = setup->driver_rate;
  format->denominator = format->period = format->extent = 1;
  answer->external_inputs = 1;
  return AUSCULT_OK;
}

static auscult_status wire(void *instance, auscult_cycle *cycle) {
  (void)instance;
  memcpy(cycle->outputs[0]->data, cycle->external_inputs[0], cycle->clock->frames * sizeof(float));
  cycle->outputs[0]->count = cycle->clock->frames;
  return AUSCULT_OK;
}

static const auscult_class wire_class = {
    .size = sizeof(auscult_class),
    .name = "test.wire",
    .version = "1.0.0",
    .summary = "The driver's samples.",
    .realtime = AUSCULT_HARD,
    .traits = AUSCULT_TRAIT_SOURCE,
    .output_count = 1,
    .outputs = pass_outputs,
    .create = create_wire,
    .configure = wire_configure,
    .activate = activate,
    .process = wire,
    .deactivate = deactivate,
    .destroy = destroy,
};

static const auscult_class *const classes[] = {&faulty_class, &pass_class, &taint_class, &wire_class};

static const auscult_library_info library = {
    .size = sizeof(auscult_library_info),
    .abi_major = AUSCULT_ABI_MAJOR,
    .abi_minor = AUSCULT_ABI_MINOR,
    .class_count = 4,
    .build_id = "test-faulty-1",
    .classes = classes,
};

const auscult_library_info *auscult_library(void) { return &library; }
