// A detector in plain C: the distance of a token from the mean of the normal ones, in its bands. The same commands as
// for ours train, run and explain it; its state is the number of tokens that it has judged.

#define AUSCULT_PLUGIN
#include "auscult/explain.h"
#include "auscult/report.h"
#include "auscult/state.h"
#include "auscult/trainer.h"
#include "detector.h"
#include "framer.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static auscult_status fail(auscult_error *error, const char *parameter, const char *text) {
  snprintf(error->text, sizeof error->text, "%s", text);
  snprintf(error->parameter, sizeof error->parameter, "%s", parameter);
  return AUSCULT_FAILED;
}

static void forget(detector *node) {
  for (uint32_t i = 0; i < node->machine_count; i++) {
    free(node->machines[i].mean);
    free(node->machines[i].best);
  }
  free(node->machines);
  node->machines = NULL;
  node->machine_count = 0;
}

static auscult_status create(const auscult_class *self, const auscult_host *host, uint32_t count,
                             const auscult_argument *arguments, void **instance, auscult_error *error) {
  (void)self, (void)error;
  detector *node = calloc(1, sizeof *node);
  node->host = host;
  for (uint32_t i = 0; i < count; i++) {
    if (strcmp(arguments[i].name, "model") == 0) node->path = arguments[i].value.text;
    if (strcmp(arguments[i].name, "epochs") == 0) node->epochs = (uint32_t)arguments[i].value.number;
    if (strcmp(arguments[i].name, "rate") == 0) node->rate = arguments[i].value.number;
  }
  *instance = node;
  return AUSCULT_OK;
}

static auscult_status load(detector *node, const auscult_format *format, auscult_error *error) {
  const auscult_models *models = node->host->extension(node->host, AUSCULT_MODELS);
  if (models == NULL) return fail(error, "model", "this host reads no models");
  auscult_model *model;
  if (models->open(node->host, node->path, &model, error) != AUSCULT_OK) return AUSCULT_FAILED;
  size_t width = (size_t)node->rows * node->columns;
  auscult_status status = AUSCULT_OK;
  for (uint32_t i = 0; i < node->machine_count && status == AUSCULT_OK; i++) {
    int32_t index = models->machine(model, format->machines[i]);
    auscult_tensor mean = {.size = sizeof mean};
    status = index < 0 ? fail(error, "model", "the model does not know the machine")
                       : models->tensor(model, index, "mean", &mean, error);
    if (status != AUSCULT_OK) break;
    if (mean.type != AUSCULT_FLOAT64 || mean.rank != 1 || mean.shape[0] != width) {
      status = fail(error, "model", "the model has another shape");
      break;
    }
    memcpy(node->machines[i].mean, mean.data, width * sizeof(double));
    double threshold = models->threshold(model, index);
    node->machines[i].threshold = isfinite(threshold) ? threshold : 0;
  }
  snprintf(node->digest, sizeof node->digest, "%s", models->digest(model));
  models->close(model);
  return status;
}

static auscult_status configure(void *instance, const auscult_setup *setup, auscult_answer *answer,
                                auscult_error *error) {
  detector *node = instance;
  const auscult_format *in = &setup->inputs[0];
  forget(node);
  node->rows = in->rows, node->columns = in->columns, node->machine_count = in->channels;
  node->machines = calloc(in->channels, sizeof *node->machines);
  for (uint32_t i = 0; i < in->channels; i++) {
    node->machines[i].mean = calloc((size_t)in->rows * in->columns, sizeof(double));
  }
  if (node->path != NULL && load(node, in, error) != AUSCULT_OK) return AUSCULT_FAILED;
  auscult_format *out = &answer->outputs[0];
  out->kind = AUSCULT_SCORE, out->rows = 1, out->columns = 1, out->stamp = AUSCULT_STAMP_NODE;
  node->producer = (auscult_producer){.size = sizeof(auscult_producer), .model = node->digest};
  answer->producer = &node->producer;
  answer->bursts[0] = 8;
  return AUSCULT_OK;
}

static auscult_status activate(void *instance, auscult_error *error) {
  detector *node = instance;
  node->judged = 0;
  return node->path == NULL ? fail(error, "model", "there is no model") : AUSCULT_OK;
}

static auscult_status process(void *instance, auscult_cycle *cycle) {
  detector *node = instance;
  const auscult_block *in = cycle->inputs[0];
  auscult_block *out = cycle->outputs[0];
  size_t width = (size_t)node->rows * node->columns;
  for (uint32_t t = 0; t < in->count; t++, out->count++) {
    for (uint32_t c = 0; c < node->machine_count; c++) {
      const float *x = (const float *)((const char *)in->data + t * (size_t)in->token_stride +
                                       c * (size_t)in->channel_stride);
      double sum = 0;
      for (size_t i = 0; i < width; i++) sum += (x[i] - node->machines[c].mean[i]) * (x[i] - node->machines[c].mean[i]);
      auscult_score *score = (auscult_score *)((char *)out->data + out->count * (size_t)out->token_stride +
                                               c * (size_t)out->channel_stride);
      // A score is always finite, also if a value is not.
      double distance = isfinite(sum) ? sqrt(sum) : DBL_MAX;
      *score = (auscult_score){.score = distance, .threshold = node->machines[c].threshold, .class_index = -1};
    }
    out->heads[out->count] = in->heads[t];
    node->judged++;
  }
  return AUSCULT_OK;
}

static void deactivate(void *instance) { (void)instance; }

static void destroy(void *instance) {
  forget(instance);
  free(instance);
}

// trainer/1

static auscult_status begin(void *instance, const auscult_training *training, auscult_error *error) {
  (void)error;
  detector *node = instance;
  forget(node);
  node->training = training;
  node->rows = training->format->rows, node->columns = training->format->columns;
  node->machine_count = training->machine_count;
  node->machines = calloc(training->machine_count, sizeof *node->machines);
  return AUSCULT_OK;
}

static void add(machine *one, const auscult_examples *examples, const float *token) {
  for (uint64_t i = 0; i < examples->width; i++) one->mean[i] += token[i] / (double)examples->count;
}

static auscult_status take(void *instance, const auscult_examples *examples, auscult_error *error) {
  if (examples->values == NULL) return fail(error, "", "has no array of the tokens");
  machine *one = &((detector *)instance)->machines[examples->machine];
  one->mean = calloc(examples->width, sizeof(double));
  one->learned_from = examples->count;
  for (uint64_t row = 0; row < examples->count; row++) {
    add(one, examples, examples->values + row * examples->width);
  }
  return AUSCULT_OK;
}

// The same from tokens that share memory.
static auscult_status take_views(void *instance, const auscult_examples *examples, auscult_error *error) {
  bool has_tokens = examples->size >= offsetof(auscult_examples, tokens) + sizeof examples->tokens;
  if (!has_tokens || examples->tokens == NULL) return take(instance, examples, error);
  if (examples->values != NULL) return fail(error, "", "has an array of the tokens that it did not ask for");
  machine *one = &((detector *)instance)->machines[examples->machine];
  one->mean = calloc(examples->width, sizeof(double));
  one->learned_from = examples->count;
  one->step = examples->count > 1 ? examples->tokens[1] - examples->tokens[0] : 0;
  for (uint64_t row = 0; row < examples->count; row++) add(one, examples, examples->tokens[row]);
  return AUSCULT_OK;
}

static auscult_status fit(void *instance, auscult_error *error) {
  detector *node = instance;
  return node->training->progress(node->training, 1, "means") ? fail(error, "", "interrupted") : AUSCULT_OK;
}

static auscult_status write_model(void *instance, const auscult_model_writer *writer, auscult_error *error) {
  detector *node = instance;
  uint64_t shape[1] = {(uint64_t)node->rows * node->columns};
  for (uint32_t i = 0; i < node->machine_count; i++) {
    if (writer->tensor(writer, (int32_t)i, "mean", AUSCULT_FLOAT64, 1, shape, node->machines[i].mean) != AUSCULT_OK) {
      return fail(error, "", "a mean was refused");
    }
  }
  return writer->text(writer, "made-by", "a detector in C");
}

static void end(void *instance) { forget(instance); }

static const auscult_trainer trainer = {sizeof trainer, 0, begin, take, fit, write_model, end};
static const auscult_trainer views_trainer = {sizeof trainer, AUSCULT_TRAINER_VIEWS, begin, take_views, fit, write_model,
                                              end};

// explain/1, report/1, state/1

static auscult_status explain(void *instance, uint32_t channel, const float *token, float *bands, float *moments,
                              auscult_error *error) {
  (void)error;
  detector *node = instance;
  for (uint32_t row = 0; row < node->rows; row++) {
    for (uint32_t column = 0; column < node->columns; column++) {
      size_t i = (size_t)row * node->columns + column;
      float part = (float)((token[i] - node->machines[channel].mean[i]) * (token[i] - node->machines[channel].mean[i]));
      bands[column] += part;
      moments[row] += part;
    }
  }
  return AUSCULT_OK;
}

// The model's token is the mean, for any input.
static auscult_status reconstruct(void *instance, uint32_t channel, const float *token, float *reconstruction,
                                  auscult_error *error) {
  (void)error, (void)token;
  detector *node = instance;
  size_t width = (size_t)node->rows * node->columns;
  for (size_t i = 0; i < width; i++) reconstruction[i] = (float)node->machines[channel].mean[i];
  return AUSCULT_OK;
}

// As in a plugin that was built for ABI 1.0: without `reconstruct`, and with the size of that version.
static const auscult_explain explainer = {offsetof(auscult_explain, reconstruct), 0, explain, NULL};
static const auscult_explain reconstructer = {sizeof reconstructer, 0, explain, reconstruct};

static auscult_status report(void *instance, const auscult_report_sink *sink, auscult_error *error) {
  (void)error;
  detector *node = instance;
  for (uint32_t i = 0; node->training && i < node->machine_count; i++) {
    sink->figure(sink, node->training->machines[i], "tokens", (double)node->machines[i].learned_from);
    sink->figure(sink, node->training->machines[i], "step", (double)node->machines[i].step);
  }
  return AUSCULT_OK;
}

static const auscult_report reporter = {sizeof reporter, 0, report};

static auscult_status save(void *instance, const auscult_state_sink *sink, auscult_error *error) {
  (void)error;
  return sink->write(sink, &((detector *)instance)->judged, sizeof(uint64_t));
}

static auscult_status restore(void *instance, const void *bytes, uint64_t count, auscult_error *error) {
  if (count != sizeof(uint64_t)) return fail(error, "", "this is no state of mine");
  memcpy(&((detector *)instance)->judged, bytes, sizeof(uint64_t));
  return AUSCULT_OK;
}

static const auscult_state keeper = {sizeof keeper, 0, save, restore};

static const void *extension(const auscult_class *self, const char *name) {
  bool is_descent = strcmp(self->name, "test.c.descent") == 0;
  bool has_views = strcmp(self->name, "test.c.views") == 0;
  if (strcmp(name, AUSCULT_TRAINER) == 0) return is_descent ? &descent_trainer : has_views ? &views_trainer : &trainer;
  if (strcmp(name, AUSCULT_EXPLAIN) == 0) return is_descent ? &reconstructer : &explainer;
  if (strcmp(name, AUSCULT_REPORT) == 0) return &reporter;
  if (strcmp(name, AUSCULT_STATE) == 0) return &keeper;
  return NULL;
}

static const auscult_port inputs[] = {
    {sizeof(auscult_port), "in", AUSCULT_FEATURES | AUSCULT_SLICE, 0, "Levels of bands"}};
static const auscult_port outputs[] = {{sizeof(auscult_port), "score", AUSCULT_SCORE, 0, "Distance from the mean"}};
static const auscult_parameter parameters[] = {{sizeof(auscult_parameter), "model", AUSCULT_INPUT_PATH, 0, 0, 0, 0, 0,
                                                NULL, NULL, "A model file"}};

static const auscult_class distance = {
    sizeof(auscult_class), "test.c.distance", "1.0.0", "Distance from the mean of what is normal.", AUSCULT_HARD,
    AUSCULT_TRAIT_DETECTOR | AUSCULT_TRAIT_TRAINABLE, 1, 1, 1, 0, inputs, outputs, parameters, NULL, create, configure,
    activate, NULL, process, deactivate, destroy, extension};

// The same, learned from views.
static const auscult_class views = {
    sizeof(auscult_class), "test.c.views", "1.0.0", "Distance from the mean of what is normal.", AUSCULT_HARD,
    AUSCULT_TRAIT_DETECTOR | AUSCULT_TRAIT_TRAINABLE, 1, 1, 1, 0, inputs, outputs, parameters, NULL, create, configure,
    activate, NULL, process, deactivate, destroy, extension};

// The same, learned by descent in epochs and rounds.
static const auscult_parameter descent_parameters[] = {
    {sizeof(auscult_parameter), "model", AUSCULT_INPUT_PATH, 0, 0, 0, 0, 0, NULL, NULL, "A model file"},
    {sizeof(auscult_parameter), "epochs", AUSCULT_INTEGER, 0, 0, 0, 1, 1e9, "10", NULL,
     "Times that it goes over the tokens"},
    {sizeof(auscult_parameter), "rate", AUSCULT_NUMBER, 0, 0, 0, 1e-9, 1, "0.1", NULL,
     "Share of the way that it goes at each"}};

static const auscult_class descent = {
    sizeof(auscult_class), "test.c.descent", "1.0.0", "Distance from what descent finds to be normal.", AUSCULT_HARD,
    AUSCULT_TRAIT_DETECTOR | AUSCULT_TRAIT_TRAINABLE, 1, 1, 3, 0, inputs, outputs, descent_parameters, NULL, create,
    configure, activate, NULL, process, deactivate, destroy, extension};

static const auscult_class *const classes[] = {&distance, &views, &descent, &framer_class};

static const auscult_library_info library = {
    sizeof(auscult_library_info), AUSCULT_ABI_MAJOR, AUSCULT_ABI_MINOR, 4, "test-c-detector-3", classes};

const auscult_library_info *auscult_library(void) { return &library; }
