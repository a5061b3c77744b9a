// detector.@NAME@: the distance of a token's level from the usual one.
//
// A token is what the node before yields: features (a value for each band) or a slice (such rows one after the other).
// Its level is the mean of its values; the score is how far that is from the usual level of the machine. The usual
// level and the threshold come from the graph, or from a model that `auscult train` wrote.
//
// To make a detector of your own, change `level_of` and what is learned and loaded (`take`, `write_model`,
// `load_machine`). auscult/node.h describes every function and struct; AUSCULT_HARD below promises that `process` never
// allocates, locks, waits or makes a system call, so that it may run on the realtime thread.

#define AUSCULT_PLUGIN
#include "auscult/trainer.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Scores must be finite, whatever the input is.
static const double greatest_score = 1e30;

typedef struct machine {
  double usual;      // the level of usual tokens; NAN: not known yet
  double threshold;  // a score above it is anomalous; NAN: not known yet
} machine;

typedef struct detector {
  const auscult_host *host;
  const char *model;        // path of the model, or NULL
  double usual, threshold;  // of the graph, for all machines; NAN: those of the model
  size_t width;             // values in a token
  uint32_t machine_count;   // a channel is a machine
  machine *machines;        // [machine_count]
  char digest[80];          // of the model
  auscult_producer producer;
  const auscult_training *training;
} detector;

// The host shows the text at the node's line of the graph, or at the line of the parameter.
static auscult_status fail(auscult_error *error, const char *parameter, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->text, sizeof error->text, format, arguments);
  va_end(arguments);
  snprintf(error->parameter, sizeof error->parameter, "%s", parameter);
  return AUSCULT_FAILED;
}

static double level_of(const float *values, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += values[i];
  return sum / (double)count;
}

// ---------------------------------------------------------------------------------------------------------------------
// The life of an instance: create, configure, activate, process ..., deactivate, destroy
// ---------------------------------------------------------------------------------------------------------------------

static auscult_status keep_machines(detector *node, uint32_t count, auscult_error *error) {
  free(node->machines);
  node->machine_count = 0;
  node->machines = malloc(count * sizeof *node->machines);
  if (node->machines == NULL) return fail(error, "", "there is no memory for %u machines", count);
  node->machine_count = count;
  for (uint32_t i = 0; i < count; i++) node->machines[i] = (machine){NAN, NAN};
  return AUSCULT_OK;
}

// The host has checked types, units, ranges and words of all arguments; they stay valid until destroy.
static auscult_status create(const auscult_class *self, const auscult_host *host, uint32_t count,
                             const auscult_argument *arguments, void **instance, auscult_error *error) {
  (void)self;
  detector *node = calloc(1, sizeof *node);
  if (node == NULL) return fail(error, "", "there is no memory");
  node->host = host;
  node->usual = node->threshold = NAN;
  for (uint32_t i = 0; i < count; i++) {
    const auscult_value *value = &arguments[i].value;
    if (strcmp(arguments[i].name, "model") == 0) node->model = value->text;
    if (value->type != AUSCULT_NUMBER) continue;  // the word 'model'
    if (strcmp(arguments[i].name, "usual") == 0) node->usual = value->number;
    if (strcmp(arguments[i].name, "threshold") == 0) node->threshold = value->number;
  }
  *instance = node;
  return AUSCULT_OK;
}

static auscult_status load_machine(machine *one, const auscult_models *models, const auscult_model *model,
                                   const char *name, auscult_error *error) {
  int32_t index = models->machine(model, name);
  if (index < 0) {
    return fail(error, "model", "the model does not know the machine '%s', only %s", name, models->machines(model));
  }
  auscult_tensor usual = {.size = sizeof usual};
  if (models->tensor(model, index, "usual", &usual, error) != AUSCULT_OK) return AUSCULT_FAILED;
  if (usual.type != AUSCULT_FLOAT64 || usual.rank != 1 || usual.shape[0] != 1) {
    return fail(error, "model", "the model is of another detector: train one for this one");
  }
  memcpy(&one->usual, usual.data, sizeof one->usual);
  one->threshold = models->threshold(model, index);
  return AUSCULT_OK;
}

static auscult_status load(detector *node, const auscult_format *format, auscult_error *error) {
  const auscult_models *models = node->host->extension(node->host, AUSCULT_MODELS);
  if (models == NULL) return fail(error, "model", "this host reads no models");
  auscult_model *model;
  if (models->open(node->host, node->model, &model, error) != AUSCULT_OK) return AUSCULT_FAILED;
  auscult_status status = AUSCULT_OK;
  for (uint32_t i = 0; i < node->machine_count && status == AUSCULT_OK; i++) {
    status = load_machine(&node->machines[i], models, model, format->machines[i], error);
  }
  snprintf(node->digest, sizeof node->digest, "%s", models->digest(model));
  models->close(model);
  return status;
}

// Reads the format of the input, and tells the format of the output.
static auscult_status configure(void *instance, const auscult_setup *setup, auscult_answer *answer,
                                auscult_error *error) {
  detector *node = instance;
  const auscult_format *in = &setup->inputs[0];
  node->width = (size_t)in->rows * in->columns;
  if (keep_machines(node, in->channels, error) != AUSCULT_OK) return AUSCULT_FAILED;
  // A graph may be checked before its model exists; activate insists on it.
  if (node->model != NULL && access(node->model, R_OK) == 0) {
    if (load(node, in, error) != AUSCULT_OK) return AUSCULT_FAILED;
    node->producer = (auscult_producer){.size = sizeof node->producer, .model = node->digest};
    answer->producer = &node->producer;
  }
  for (uint32_t i = 0; i < node->machine_count; i++) {
    if (!isnan(node->usual)) node->machines[i].usual = node->usual;
    if (!isnan(node->threshold)) node->machines[i].threshold = node->threshold;
  }
  auscult_format *out = &answer->outputs[0];
  out->kind = AUSCULT_SCORE;
  out->rows = out->columns = 1;
  out->scale = AUSCULT_SCALE_OTHER;
  out->stamp = AUSCULT_STAMP_NODE;  // a score has its token's position
  answer->bursts[0] = 64;           // nodes before this one may hold tokens back, and deliver many in one call
  answer->history = (in->extent + in->denominator - 1) / in->denominator;
  return AUSCULT_OK;
}

static auscult_status activate(void *instance, auscult_error *error) {
  detector *node = instance;
  for (uint32_t i = 0; i < node->machine_count; i++) {
    if (!isnan(node->machines[i].usual) && !isnan(node->machines[i].threshold)) continue;
    if (node->model != NULL) {
      return fail(error, "model", "%s does not exist, or has no threshold: train it with `auscult train`", node->model);
    }
    return fail(error, "model", "needs a model of `auscult train`, or numbers for 'usual' and 'threshold'");
  }
  return AUSCULT_OK;
}

// Element (token, channel) of a block.
static void *element(const auscult_block *block, uint32_t token, uint32_t channel) {
  return (char *)block->data + (size_t)token * block->token_stride + (size_t)channel * block->channel_stride;
}

// Judges all tokens that have arrived. No allocation, no lock, no system call here.
static auscult_status process(void *instance, auscult_cycle *cycle) {
  const detector *node = instance;
  const auscult_block *in = cycle->inputs[0];
  auscult_block *out = cycle->outputs[0];
  for (uint32_t token = 0; token < in->count; token++) {
    for (uint32_t channel = 0; channel < node->machine_count; channel++) {
      const machine *one = &node->machines[channel];
      double distance = fabs(level_of(element(in, token, channel), node->width) - one->usual);
      auscult_score *score = element(out, token, channel);
      *score = (auscult_score){.score = distance < greatest_score ? distance : greatest_score,
                               .threshold = one->threshold,
                               .class_index = -1};
    }
    out->heads[token] = in->heads[token];
  }
  out->count = in->count;
  return AUSCULT_OK;
}

static void deactivate(void *instance) { (void)instance; }

static void destroy(void *instance) {
  free(((detector *)instance)->machines);
  free(instance);
}

// ---------------------------------------------------------------------------------------------------------------------
// trainer/1: begin, take (each machine's tokens), fit, write, end. The host finds the threshold from the scores.
// ---------------------------------------------------------------------------------------------------------------------

static auscult_status begin(void *instance, const auscult_training *training, auscult_error *error) {
  detector *node = instance;
  node->training = training;
  return keep_machines(node, training->machine_count, error);
}

static auscult_status take(void *instance, const auscult_examples *examples, auscult_error *error) {
  (void)error;
  detector *node = instance;
  double sum = 0;
  for (uint64_t i = 0; i < examples->count; i++) {
    sum += level_of(examples->values + i * examples->width, examples->width);
  }
  node->machines[examples->machine].usual = sum / (double)examples->count;
  return AUSCULT_OK;
}

static auscult_status fit(void *instance, auscult_error *error) {
  detector *node = instance;
  int32_t is_cancelled = node->training->progress(node->training, 1, "levels");
  return is_cancelled ? fail(error, "", "interrupted") : AUSCULT_OK;
}

static auscult_status write_model(void *instance, const auscult_model_writer *writer, auscult_error *error) {
  detector *node = instance;
  const uint64_t shape[1] = {1};
  for (uint32_t i = 0; i < node->machine_count; i++) {
    double usual = node->machines[i].usual;
    if (isnan(usual)) continue;  // a machine without tokens
    if (writer->tensor(writer, (int32_t)i, "usual", AUSCULT_FLOAT64, 1, shape, &usual) != AUSCULT_OK) {
      return fail(error, "", "the host refused the usual level");
    }
  }
  return AUSCULT_OK;
}

static void end(void *instance) {
  detector *node = instance;
  free(node->machines);
  node->machines = NULL;
  node->machine_count = 0;
}

static const auscult_trainer trainer = {
    sizeof trainer, AUSCULT_TRAINER_SEEDLESS, begin, take, fit, write_model, end};

static const void *extension(const auscult_class *self, const char *name) {
  (void)self;
  return strcmp(name, AUSCULT_TRAINER) == 0 ? &trainer : NULL;
}

// ---------------------------------------------------------------------------------------------------------------------
// What `auscult nodes detector.@NAME@` shows, and graphs are checked against
// ---------------------------------------------------------------------------------------------------------------------

static const auscult_port inputs[] = {
    {sizeof inputs[0], "in", AUSCULT_FEATURES | AUSCULT_SLICE, 0, "Levels of bands"}};
static const auscult_port outputs[] = {
    {sizeof outputs[0], "score", AUSCULT_SCORE, 0, "Distance from the usual level"}};

static const char *const learned[] = {"model", NULL};

static const auscult_parameter parameters[] = {
    {.size = sizeof parameters[0], .name = "model", .type = AUSCULT_INPUT_PATH,
     .summary = "A model file of `auscult train`"},
    {.size = sizeof parameters[0], .name = "usual", .type = AUSCULT_NUMBER, .units = AUSCULT_UNIT_DECIBEL,
     .minimum = -1e6, .maximum = 1e6, .initial = "model", .choices = learned,
     .summary = "The usual level, in the input's unit; 'model': as learned"},
    {.size = sizeof parameters[0], .name = "threshold", .type = AUSCULT_NUMBER, .units = AUSCULT_UNIT_DECIBEL,
     .minimum = 0, .maximum = 1e6, .initial = "model", .choices = learned,
     .summary = "Scores above it are anomalous; 'model': as learned"}};

static const auscult_class node_class = {
    .size = sizeof node_class, .name = "detector.@NAME@", .version = "1.0.0",
    .summary = "Distance of the level from the usual one.", .realtime = AUSCULT_HARD,
    .traits = AUSCULT_TRAIT_DETECTOR | AUSCULT_TRAIT_TRAINABLE, .input_count = 1, .output_count = 1,
    .parameter_count = sizeof parameters / sizeof parameters[0], .inputs = inputs, .outputs = outputs,
    .parameters = parameters, .create = create, .configure = configure, .activate = activate, .process = process,
    .deactivate = deactivate, .destroy = destroy, .extension = extension};

static const auscult_class *const classes[] = {&node_class};

// Without a build id of its own, the library has the one that the linker writes: every build has another.
static const auscult_library_info library = {
    .size = sizeof library, .abi_major = AUSCULT_ABI_MAJOR, .abi_minor = AUSCULT_ABI_MINOR, .class_count = 1,
    .classes = classes};

const auscult_library_info *auscult_library(void) { return &library; }
