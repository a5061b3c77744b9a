// A node that passes audio on, and keeps every rule of the ABI. Each defect replaces one of its functions, or a
// statement in it.

#ifndef CONFORMANCE_NODE_H
#define CONFORMANCE_NODE_H

#define AUSCULT_PLUGIN
#include "auscult/node.h"
#include "auscult/state.h"
#include "auscult/trainer.h"
#include "auscult/tune.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct node {
  float factor;
  uint32_t channels;
  int is_active;
  double number;  // for a defect
  void *memory;
} node;

static inline const auscult_value *find(uint32_t count, const auscult_argument *arguments, const char *name) {
  for (uint32_t i = 0; i < count; i++) {
    if (strcmp(arguments[i].name, name) == 0) return &arguments[i].value;
  }
  return NULL;
}

static inline const float *samples_in(const auscult_block *block, uint32_t channel) {
  return (const float *)((const char *)block->data + channel * block->channel_stride);
}

static inline float *samples_out(const auscult_block *block, uint32_t channel) {
  return (float *)((char *)block->data + channel * block->channel_stride);
}

static inline auscult_status create(const auscult_class *self, const auscult_host *host, uint32_t count,
                                    const auscult_argument *arguments, void **instance, auscult_error *error) {
  (void)self;
  (void)host;
  (void)error;
  node *made = calloc(1, sizeof *made);
  made->factor = (float)find(count, arguments, "gain")->number;
  *instance = made;
  return AUSCULT_OK;
}

static inline auscult_status configure(void *instance, const auscult_setup *setup, auscult_answer *answer,
                                       auscult_error *error) {
  (void)answer;
  (void)error;
  ((node *)instance)->channels = setup->inputs[0].channels;
  return AUSCULT_OK;
}

static inline auscult_status activate(void *instance, auscult_error *error) {
  (void)error;
  ((node *)instance)->is_active = 1;
  ((node *)instance)->number = 0;
  return AUSCULT_OK;
}

static inline auscult_status process(void *instance, auscult_cycle *cycle) {
  const node *self = instance;
  const auscult_block *input = cycle->inputs[0];
  auscult_block *output = cycle->outputs[0];
  for (uint32_t channel = 0; channel < self->channels; channel++) {
    const float *from = samples_in(input, channel);
    float *to = samples_out(output, channel);
    for (uint32_t i = 0; i < input->count; i++) to[i] = self->factor * from[i];
  }
  output->count = input->count;
  return AUSCULT_OK;
}

static inline void reset(void *instance) { ((node *)instance)->number = 0; }

static inline void deactivate(void *instance) { ((node *)instance)->is_active = 0; }

static inline void destroy(void *instance) { free(instance); }

static const auscult_port audio_in[] = {
    {.size = sizeof(auscult_port), .name = "in", .kinds = AUSCULT_AUDIO, .summary = "Samples"}};
static const auscult_port audio_out[] = {
    {.size = sizeof(auscult_port), .name = "out", .kinds = AUSCULT_AUDIO, .summary = "Samples"}};
static const auscult_parameter gain[] = {{.size = sizeof(auscult_parameter),
                                          .name = "gain",
                                          .type = AUSCULT_NUMBER,
                                          .flags = AUSCULT_PARAMETER_RUNNING,
                                          .minimum = 0,
                                          .maximum = 1000,
                                          .initial = "0.5",
                                          .summary = "Factor"}};

// A class that keeps the rules, with some members replaced.
#define NODE(identifier, its_name, ...)                                          \
  _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Woverride-init\"")  \
  static const auscult_class identifier = {                                      \
      .size = sizeof(auscult_class),                                             \
      .name = its_name,                                                          \
      .version = "1.0.0",                                                        \
      .summary = "Passes audio on.",                                             \
      .realtime = AUSCULT_HARD,                                                  \
      .input_count = 1,                                                          \
      .output_count = 1,                                                         \
      .parameter_count = 1,                                                      \
      .inputs = audio_in,                                                        \
      .outputs = audio_out,                                                      \
      .parameters = gain,                                                        \
      .create = create,                                                          \
      .configure = configure,                                                    \
      .activate = activate,                                                      \
      .process = process,                                                        \
      .reset = reset,                                                            \
      .deactivate = deactivate,                                                  \
      .destroy = destroy,                                                        \
      __VA_ARGS__};                                                              \
  _Pragma("GCC diagnostic pop")

#endif
