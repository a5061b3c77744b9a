// A node in plain C: inverts the sign of every sample. A C author needs only this file and node.h.

#define AUSCULT_PLUGIN
#include "auscult/node.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct invert {
  float factor;
} invert;

static double number(uint32_t count, const auscult_argument *arguments, const char *name) {
  for (uint32_t i = 0; i < count; i++) {
    if (strcmp(arguments[i].name, name) == 0) return arguments[i].value.number;
  }
  return 0;
}

static auscult_status create(const auscult_class *self, const auscult_host *host, uint32_t count,
                             const auscult_argument *arguments, void **instance, auscult_error *error) {
  (void)self;
  (void)host;
  double scale = number(count, arguments, "scale");
  if (scale == 0) {
    snprintf(error->text, sizeof error->text, "a scale of 0 leaves nothing to invert");
    snprintf(error->parameter, sizeof error->parameter, "scale");
    return AUSCULT_FAILED;
  }
  invert *node = malloc(sizeof *node);
  if (node == NULL) {
    snprintf(error->text, sizeof error->text, "out of memory");
    return AUSCULT_FAILED;
  }
  node->factor = (float)-scale;
  *instance = node;
  return AUSCULT_OK;
}

// The host fills the answer in advance: one audio output of the input's format, no latency, no state.
static auscult_status configure(void *instance, const auscult_setup *setup, auscult_answer *answer,
                                auscult_error *error) {
  (void)instance;
  (void)setup;
  (void)error;
  answer->memory = sizeof(invert);
  return AUSCULT_OK;
}

static auscult_status activate(void *instance, auscult_error *error) {
  (void)instance;
  (void)error;
  return AUSCULT_OK;
}

static auscult_status process(void *instance, auscult_cycle *cycle) {
  const invert *node = instance;
  const auscult_block *input = cycle->inputs[0];
  auscult_block *output = cycle->outputs[0];
  for (uint32_t channel = 0; channel < input->format->channels; channel++) {
    const float *from = (const float *)((const char *)input->data + channel * input->channel_stride);
    float *to = (float *)((char *)output->data + channel * output->channel_stride);
    for (uint32_t i = 0; i < input->count; i++) to[i] = node->factor * from[i];
  }
  output->count = input->count;
  return AUSCULT_OK;
}

static void deactivate(void *instance) { (void)instance; }

static void destroy(void *instance) { free(instance); }

static const auscult_port inputs[] = {
    {.size = sizeof(auscult_port), .name = "in", .kinds = AUSCULT_AUDIO, .summary = "Samples"}};
static const auscult_port outputs[] = {
    {.size = sizeof(auscult_port), .name = "out", .kinds = AUSCULT_AUDIO, .summary = "Inverted samples"}};
static const auscult_parameter parameters[] = {{.size = sizeof(auscult_parameter),
                                                .name = "scale",
                                                .type = AUSCULT_NUMBER,
                                                .minimum = 0,
                                                .maximum = 1000,
                                                .initial = "1",
                                                .summary = "Amplification besides the sign"}};

static const auscult_class invert_class = {
    .size = sizeof(auscult_class),
    .name = "test.c.invert",
    .version = "1.0.0",
    .summary = "Turns the sign of every sample.",
    .realtime = AUSCULT_HARD,
    .input_count = 1,
    .output_count = 1,
    .parameter_count = 1,
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

static const auscult_class *const classes[] = {&invert_class};

static const auscult_library_info library = {
    .size = sizeof(auscult_library_info),
    .abi_major = AUSCULT_ABI_MAJOR,
    .abi_minor = AUSCULT_ABI_MINOR,
    .class_count = 1,
    .build_id = NULL,  // the file's own, which the linker makes: another build has another
    .classes = classes,
};

const auscult_library_info *auscult_library(void) { return &library; }
