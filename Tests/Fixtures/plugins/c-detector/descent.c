// trainer/1 of test.c.descent: finds the mean of the tokens by descent, so that there are epochs to report. The last
// fifth of the tokens is its validation. It learns in rounds.
#include "detector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static auscult_status begin(void *instance, const auscult_training *training, auscult_error *error) {
  (void)error;
  detector *node = instance;
  node->training = training;
  node->rows = training->format->rows, node->columns = training->format->columns;
  node->machine_count = training->machine_count;
  node->machines = calloc(training->machine_count, sizeof *node->machines);
  return AUSCULT_OK;
}

static auscult_status take(void *instance, const auscult_examples *examples, auscult_error *error) {
  (void)error;
  machine *one = &((detector *)instance)->machines[examples->machine];
  if (one->mean == NULL) {
    one->mean = calloc(examples->width, sizeof(double));
    one->best = calloc(examples->width, sizeof(double));
    one->best_loss = INFINITY;
  }
  one->tokens = examples->values;
  one->count = examples->count;
  one->learned_from += examples->count;
  return AUSCULT_OK;
}

// The mean squared distance of tokens [first, last) from the mean, per value.
static double loss(const machine *one, size_t width, uint64_t first, uint64_t last) {
  double sum = 0;
  for (uint64_t row = first; row < last; row++) {
    for (size_t i = 0; i < width; i++) {
      double x = one->tokens[row * width + i] - one->mean[i];
      sum += x * x;
    }
  }
  return last > first ? sum / (double)((last - first) * width) : NAN;
}

static void descend(machine *one, size_t width, uint64_t last, double rate) {
  for (size_t i = 0; i < width; i++) {
    double sum = 0;
    for (uint64_t row = 0; row < last; row++) sum += one->tokens[row * width + i] - one->mean[i];
    one->mean[i] += rate * sum / (double)last;
  }
}

static auscult_status fit_machine(detector *node, int32_t index, auscult_error *error) {
  machine *one = &node->machines[index];
  size_t width = (size_t)node->rows * node->columns;
  uint64_t learned = one->count - one->count / 5;
  uint32_t last = one->epoch + node->epochs;
  while (one->epoch < last) {
    descend(one, width, learned, node->rate);
    double held_out = loss(one, width, learned, one->count);
    auscult_epoch epoch = {sizeof epoch, index, ++one->epoch, last, loss(one, width, 0, learned), held_out, NAN, NAN};
    double judged = isnan(held_out) ? epoch.loss : held_out;
    if (judged < one->best_loss) {
      one->best_loss = judged;
      memcpy(one->best, one->mean, width * sizeof(double));
    }
    int32_t answer = node->training->epoch(node->training, &epoch);
    if (answer == AUSCULT_KEEP_BEST) break;
    if (answer == AUSCULT_GIVE_UP) {
      strcpy(error->text, "interrupted");
      return AUSCULT_FAILED;
    }
  }
  return AUSCULT_OK;
}

static auscult_status fit(void *instance, auscult_error *error) {
  detector *node = instance;
  for (uint32_t i = 0; i < node->machine_count; i++) {
    if (fit_machine(node, (int32_t)i, error) != AUSCULT_OK) return AUSCULT_FAILED;
  }
  return AUSCULT_OK;
}

static auscult_status write_model(void *instance, const auscult_model_writer *writer, auscult_error *error) {
  (void)error;
  detector *node = instance;
  uint64_t shape[1] = {(uint64_t)node->rows * node->columns};
  for (uint32_t i = 0; i < node->machine_count; i++) {
    if (writer->tensor(writer, (int32_t)i, "mean", AUSCULT_FLOAT64, 1, shape, node->machines[i].best) != AUSCULT_OK) {
      return AUSCULT_FAILED;
    }
  }
  return AUSCULT_OK;
}

static void end(void *instance) {
  detector *node = instance;
  for (uint32_t i = 0; i < node->machine_count; i++) {
    free(node->machines[i].mean);
    free(node->machines[i].best);
  }
  free(node->machines);
  node->machines = NULL;
  node->machine_count = 0;
}

const auscult_trainer descent_trainer = {sizeof descent_trainer, AUSCULT_TRAINER_ROUNDS, begin, take, fit,
                                         write_model, end};
