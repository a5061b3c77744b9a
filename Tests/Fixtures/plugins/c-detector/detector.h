// Shared by the detectors in this folder.
#ifndef TEST_DETECTOR_H
#define TEST_DETECTOR_H

#include "auscult/trainer.h"

typedef struct machine {
  double *mean;  // [width]
  double threshold;
  uint64_t learned_from;
  int64_t step;  // of test.c.views: values from the first token to the second
  // Of test.c.descent, while it learns.
  double *best;     // [width]
  double best_loss;
  const float *tokens;  // [count x width]
  uint64_t count;
  uint32_t epoch;
} machine;

typedef struct detector {
  const auscult_host *host;
  const char *path;  // of the model
  char digest[80];
  auscult_producer producer;
  uint32_t rows, columns, machine_count;
  machine *machines;
  const auscult_training *training;
  uint64_t judged;
  uint32_t epochs;  // of test.c.descent
  double rate;
} detector;

extern const auscult_trainer descent_trainer;

#endif
