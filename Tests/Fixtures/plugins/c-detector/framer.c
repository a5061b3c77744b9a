#include "framer.h"

#include <stdlib.h>
#include <string.h>

typedef struct framer {
  uint32_t width, channels, filled;
  float *held;  // [channels x width]
} framer;

static auscult_status create(const auscult_class *self, const auscult_host *host, uint32_t count,
                             const auscult_argument *arguments, void **instance, auscult_error *error) {
  (void)self, (void)host, (void)error;
  framer *node = calloc(1, sizeof *node);
  for (uint32_t i = 0; i < count; i++) {
    if (strcmp(arguments[i].name, "width") == 0) node->width = (uint32_t)arguments[i].value.number;
  }
  *instance = node;
  return AUSCULT_OK;
}

static auscult_status configure(void *instance, const auscult_setup *setup, auscult_answer *answer,
                                auscult_error *error) {
  (void)error;
  framer *node = instance;
  node->channels = setup->inputs[0].channels;
  auscult_format *format = &answer->outputs[0];
  format->kind = AUSCULT_FEATURES;
  format->columns = node->width;
  format->period = setup->inputs[0].period * node->width;
  format->extent = format->period;
  format->scale = AUSCULT_SCALE_OTHER;
  answer->bursts[0] = 1;
  answer->reach = node->width;
  return AUSCULT_OK;
}

static auscult_status activate(void *instance, auscult_error *error) {
  (void)error;
  framer *node = instance;
  free(node->held);
  node->held = calloc((size_t)node->channels * node->width, sizeof(float));
  node->filled = 0;
  return AUSCULT_OK;
}

static void reset(void *instance) { ((framer *)instance)->filled = 0; }

static auscult_status process(void *instance, auscult_cycle *cycle) {
  framer *node = instance;
  const auscult_block *in = cycle->inputs[0];
  auscult_block *out = cycle->outputs[0];
  for (uint32_t i = 0; i < in->count; i++) {
    for (uint32_t c = 0; c < node->channels; c++) {
      const float *samples = (const float *)((const char *)in->data + (size_t)c * in->channel_stride);
      node->held[c * node->width + node->filled] = samples[i];
    }
    if (++node->filled < node->width) continue;
    node->filled = 0;
    for (uint32_t c = 0; c < node->channels; c++) {
      char *to = (char *)out->data + (size_t)out->count * out->token_stride + (size_t)c * out->channel_stride;
      memcpy(to, node->held + c * node->width, node->width * sizeof(float));
    }
    out->count++;
  }
  return AUSCULT_OK;
}

static void deactivate(void *instance) { (void)instance; }

static void destroy(void *instance) {
  free(((framer *)instance)->held);
  free(instance);
}

static const auscult_port inputs[] = {{sizeof(auscult_port), "in", AUSCULT_AUDIO, 0, "Numbers as samples"}};
static const auscult_port outputs[] = {{sizeof(auscult_port), "out", AUSCULT_FEATURES, 0, "The numbers, in tokens"}};
static const auscult_parameter parameters[] = {{sizeof(auscult_parameter), "width", AUSCULT_INTEGER, 0, 0,
                                                AUSCULT_PARAMETER_REQUIRED, 1, 65536, NULL, NULL, "Values in a token"}};

const auscult_class framer_class = {
    sizeof(auscult_class), "test.c.framer", "1.0.0", "Samples as features.", AUSCULT_HARD, 0, 1, 1, 1, 0, inputs,
    outputs, parameters, NULL, create, configure, activate, reset, process, deactivate, destroy, NULL};
