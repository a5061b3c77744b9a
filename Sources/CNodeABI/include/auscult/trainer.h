// trainer/1: a class that learns from tokens. Give it AUSCULT_TRAIT_TRAINABLE, and return AUSCULT_TRAINER's table from
// `extension`.
//
// The host creates an instance with the graph's parameters. It then calls begin, take once for each machine, fit, write
// and end, and never configures the instance in between. If the class learns in rounds, the host may pass further
// tokens after fit, any number of times: take for each machine that has some, then fit. write and fit may alternate. A
// training runs on a control thread; beside a running graph, on one of its own. The calls of one instance never
// overlap.

#ifndef AUSCULT_TRAINER_H
#define AUSCULT_TRAINER_H

#include "auscult/model.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AUSCULT_TRAINER "trainer/1"

#define AUSCULT_GO_ON 0
#define AUSCULT_KEEP_BEST 1  // end fit soon, successfully, with the best result so far
#define AUSCULT_GIVE_UP 2    // let fit fail

// Progress of a class that passes over its tokens several times. Losses are means per value. Missing values are NaN.
typedef struct auscult_epoch {
  uint32_t size;
  int32_t machine;     // index, or AUSCULT_ALL_MACHINES
  uint32_t number;     // from 1; further rounds continue the count
  uint32_t last;       // number of the last epoch that this fit may reach
  double loss;
  double validation_loss;
  double accuracy;     // for classifiers, 0 to 1
  double validation_accuracy;
} auscult_epoch;

// The subject of a training. Valid from begin to end.
typedef struct auscult_training {
  uint32_t size;
  uint32_t machine_count;
  const char *const *machines;
  uint32_t label_count;          // classes to tell apart; 0: learn normal sound
  uint32_t reserved;
  const char *const *labels;
  const auscult_format *format;  // of the tokens; its channels have no meaning
  uint64_t seed;                 // the same seed and tokens give the same model, bit for bit
  void *context;
  // Reports the progress of fit, from 0 to 1, with a text. If it returns anything but 0, let fit fail.  // [control]
  int32_t (*progress)(const struct auscult_training *training, double done, const char *what);
  // Since 1.1. Reports the end of an epoch; returns AUSCULT_GO_ON, AUSCULT_KEEP_BEST or AUSCULT_GIVE_UP.  // [control]
  int32_t (*epoch)(const struct auscult_training *training, const auscult_epoch *epoch);
  uint64_t memory;  // since 1.2: bytes that may be used now; 0: unknown
} auscult_training;

// A recording that was altered (pitch, pace, noise) as further training material has this bit, and the index of its
// original. A class that validates with some of the recordings must leave out copies when it validates, and copies of
// these recordings when it learns.
#define AUSCULT_EXAMPLE_COPY 0x80000000u

// The tokens of one machine. Valid until the next take of that machine, or end; read only.
//
// A class gets them as one array, `values`. With AUSCULT_TRAINER_VIEWS it gets `tokens` instead: tokens that overlap,
// such as slices, share the memory of their common rows, and take a fraction of the memory.
typedef struct auscult_examples {
  uint32_t size;
  uint32_t machine;            // index into the training's machines
  uint64_t count;              // tokens, at least 1
  uint64_t width;              // values in a token: rows x columns
  const float *values;         // [count x width], finite; the tokens of a recording are contiguous and in order.
                               // NULL if `tokens` is given
  const int32_t *labels;       // [count] index into the training's labels; NULL: all normal
  const uint32_t *recordings;  // [count] index of each token's recording, with AUSCULT_EXAMPLE_COPY for a copy
  const float *const *tokens;  // since 1.3; with AUSCULT_TRAINER_VIEWS: [count] the first of the `width` values of each
                               // token, in the order of `values`. Aligned for floats only; memory may be shared.
                               // NULL if `values` is given
} auscult_examples;

#define AUSCULT_TRAINER_LABELS 0x1u  // a classifier: gets tokens of all labels. Without it: normal tokens only
#define AUSCULT_TRAINER_ROUNDS 0x2u  // learns in rounds: after fit, take and fit may come again with further tokens.
                                     // Weights and the optimiser's state stay, earlier tokens are dropped;
                                     // write gives the best result of the last round
#define AUSCULT_TRAINER_SEEDLESS 0x4u  // draws no random numbers: every seed gives the same model
#define AUSCULT_TRAINER_VIEWS 0x8u  // since 1.3: reads `tokens` of auscult_examples. A host of an earlier minor version
                                    // does not know it and gives `values`: check `size` before reading `tokens`

typedef struct auscult_trainer {
  uint32_t size;
  uint32_t flags;  // AUSCULT_TRAINER_*
  // Begins a training.  // [control & !active]
  auscult_status (*begin)(void *instance, const auscult_training *training, auscult_error *error);
  // Stores a machine's tokens.  // [control & !active]
  auscult_status (*take)(void *instance, const auscult_examples *examples, auscult_error *error);
  // Learns from them; may take long.  // [control & !active]
  auscult_status (*fit)(void *instance, auscult_error *error);
  // Writes what was learned.  // [control & !active]
  auscult_status (*write)(void *instance, const auscult_model_writer *writer, auscult_error *error);
  // Frees what begin, take and fit allocated; also called after one of them failed.  // [control & !active]
  void (*end)(void *instance);
} auscult_trainer;

#ifdef __cplusplus
}
#endif
#endif
