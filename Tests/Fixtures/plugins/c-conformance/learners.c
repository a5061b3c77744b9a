// Detectors that break the rules of learning, named after the check that finds it. The score is the distance of a
// token's mean from what was learned.

#include "node.h"

typedef struct learner {
  const auscult_host *host;
  const char *path;  // of the model; NULL: none
  const auscult_training *training;
  double sums[64];  // by machine
  double counts[64];
  double mean;
} learner;

static auscult_status create_learner(const auscult_class *self, const auscult_host *host, uint32_t count,
                                     const auscult_argument *arguments, void **instance, auscult_error *error) {
  (void)self;
  (void)error;
  learner *made = calloc(1, sizeof *made);
  made->host = host;
  const auscult_value *path = find(count, arguments, "model");
  if (path != NULL) made->path = path->text;
  *instance = made;
  return AUSCULT_OK;
}

// careless: takes for granted that a tensor has the shape that it once wrote.
static auscult_status read_model(learner *self, int careless, auscult_error *error) {
  const auscult_models *models = self->host->extension(self->host, AUSCULT_MODELS);
  auscult_model *model = NULL;
  auscult_tensor tensor = {.size = sizeof tensor};
  if (models == NULL || models->open(self->host, self->path, &model, error) != AUSCULT_OK) return AUSCULT_FAILED;
  auscult_status status = models->tensor(model, AUSCULT_ALL_MACHINES, "mean", &tensor, error);
  if (status == AUSCULT_OK && (tensor.rank != 1 || tensor.shape[0] != 1 || tensor.type != AUSCULT_FLOAT64)) {
    if (careless) abort();
    snprintf(error->text, sizeof error->text, "the model's tensor 'mean' is not one number: train again");
    status = AUSCULT_FAILED;
  }
  if (status == AUSCULT_OK) self->mean = *(const double *)tensor.data;
  models->close(model);
  return status;
}

static auscult_status describe(auscult_answer *answer) {
  answer->outputs[0].rows = answer->outputs[0].columns = 1;
  answer->outputs[0].frequencies = NULL;
  answer->outputs[0].frequency_count = 0;
  return AUSCULT_OK;
}

static auscult_status configure_learner(void *instance, const auscult_setup *setup, auscult_answer *answer,
                                        auscult_error *error) {
  (void)setup;
  if (((learner *)instance)->path == NULL) {
    snprintf(error->text, sizeof error->text, "needs a model");
    return AUSCULT_FAILED;
  }
  return read_model(instance, 0, error) == AUSCULT_OK ? describe(answer) : AUSCULT_FAILED;
}

static auscult_status configure_careless(void *instance, const auscult_setup *setup, auscult_answer *answer,
                                         auscult_error *error) {
  (void)setup;
  return read_model(instance, 1, error) == AUSCULT_OK ? describe(answer) : AUSCULT_FAILED;
}

static auscult_status activate_learner(void *instance, auscult_error *error) {
  (void)instance;
  (void)error;
  return AUSCULT_OK;
}

static auscult_status judge(void *instance, auscult_cycle *cycle) {
  const learner *self = instance;
  const auscult_block *input = cycle->inputs[0];
  auscult_block *output = cycle->outputs[0];
  for (uint32_t token = 0; token < input->count; token++) {
    for (uint32_t channel = 0; channel < input->format->channels; channel++) {
      const float *values = (const float *)((const char *)input->data + token * input->token_stride +
                                            channel * input->channel_stride);
      auscult_score *score = (auscult_score *)((char *)output->data + token * output->token_stride +
                                               channel * output->channel_stride);
      double sum = 0;
      for (uint32_t i = 0; i < input->format->columns; i++) sum += values[i];
      double distance = fabs(sum / input->format->columns - self->mean);
      memset(score, 0, sizeof *score);
      score->score = isfinite(distance) ? distance : 1e9;
      score->threshold = 1;
      score->class_index = -1;
    }
  }
  output->count = input->count;
  return AUSCULT_OK;
}

static void nothing(void *instance) { (void)instance; }

// ---------------------------------------------------------------------------------------------------------------------
// trainer/1
// ---------------------------------------------------------------------------------------------------------------------

static auscult_status begin(void *instance, const auscult_training *training, auscult_error *error) {
  (void)error;
  learner *self = instance;
  self->training = training;
  memset(self->sums, 0, sizeof self->sums);
  memset(self->counts, 0, sizeof self->counts);
  return AUSCULT_OK;
}

static auscult_status take(void *instance, const auscult_examples *examples, auscult_error *error) {
  learner *self = instance;
  if (examples->machine >= 64) {
    snprintf(error->text, sizeof error->text, "learns from 64 machines at most");
    return AUSCULT_FAILED;
  }
  for (uint64_t i = 0; i < examples->count * examples->width; i++) self->sums[examples->machine] += examples->values[i];
  self->counts[examples->machine] += (double)(examples->count * examples->width);
  return AUSCULT_OK;
}

static auscult_status fit(void *instance, auscult_error *error) {
  learner *self = instance;
  double sum = 0, count = 0;
  for (int i = 0; i < 64; i++) {
    sum += self->sums[i];
    count += self->counts[i];
  }
  self->mean = sum / (count > 0 ? count : 1);
  if (self->training->progress(self->training, 1, "mean") == 0) return AUSCULT_OK;
  snprintf(error->text, sizeof error->text, "the training was ended");
  return AUSCULT_FAILED;
}

// Does not heed that it is told to give up.
static auscult_status fit_stubbornly(void *instance, auscult_error *error) {
  (void)fit(instance, error);
  return AUSCULT_OK;
}

static auscult_status write_mean(void *instance, const auscult_model_writer *writer, auscult_error *error) {
  (void)error;
  const uint64_t shape[] = {1};
  return writer->tensor(writer, AUSCULT_ALL_MACHINES, "mean", AUSCULT_FLOAT64, 1, shape,
                        &((learner *)instance)->mean);
}

static const auscult_trainer trainer = {.size = sizeof(auscult_trainer),
                                        .flags = AUSCULT_TRAINER_SEEDLESS,
                                        .begin = begin,
                                        .take = take,
                                        .fit = fit,
                                        .write = write_mean,
                                        .end = nothing};
static const auscult_trainer stubborn = {.size = sizeof(auscult_trainer),
                                         .flags = AUSCULT_TRAINER_SEEDLESS,
                                         .begin = begin,
                                         .take = take,
                                         .fit = fit_stubbornly,
                                         .write = write_mean,
                                         .end = nothing};

static const void *extend(const auscult_class *self, const char *name) {
  (void)self;
  return strcmp(name, AUSCULT_TRAINER) == 0 ? &trainer : NULL;
}

static const void *extend_stubborn(const auscult_class *self, const char *name) {
  (void)self;
  return strcmp(name, AUSCULT_TRAINER) == 0 ? &stubborn : NULL;
}

static const auscult_port features_in[] = {
    {.size = sizeof(auscult_port), .name = "in", .kinds = AUSCULT_FEATURES, .summary = "Features"}};
static const auscult_port score_out[] = {
    {.size = sizeof(auscult_port), .name = "score", .kinds = AUSCULT_SCORE, .summary = "Distance of the mean"}};
static const auscult_parameter model_path[] = {{.size = sizeof(auscult_parameter),
                                                .name = "model",
                                                .type = AUSCULT_INPUT_PATH,
                                                .minimum = -INFINITY,
                                                .maximum = INFINITY,
                                                .summary = "What was learned"}};

#define LEARNER(identifier, its_name, ...)                                                                 \
  NODE(identifier, its_name, .traits = AUSCULT_TRAIT_DETECTOR | AUSCULT_TRAIT_TRAINABLE,                   \
       .inputs = features_in, .outputs = score_out, .parameters = model_path, .create = create_learner,    \
       .configure = configure_learner, .activate = activate_learner, .process = judge, .reset = nothing,   \
       .deactivate = nothing, .extension = extend, __VA_ARGS__)

LEARNER(bad_training, "bad.training", .extension = extend_stubborn)
LEARNER(bad_model, "bad.model", .configure = configure_careless)

static const auscult_class *const classes[] = {&bad_training, &bad_model};

static const auscult_library_info library = {
    .size = sizeof(auscult_library_info),
    .abi_major = AUSCULT_ABI_MAJOR,
    .abi_minor = AUSCULT_ABI_MINOR,
    .class_count = 2,
    .build_id = NULL,
    .classes = classes,
};

const auscult_library_info *auscult_library(void) { return &library; }
