// trainer/1: a class that learns from tokens. Give AUSCULT_TRAIT_TRAINABLE and answer AUSCULT_TRAINER in `extension`.
//
// The host makes an instance with the graph's parameters, and then calls begin, take once for each machine, fit, write
// and end. The instance is never configured in between. A class that learns in rounds may be given further tokens after
// fit: take for each machine that has some, and fit, any number of times; write and fit may alternate.
// The thread of a training is one of control's; beside a running graph it is one of its own, and the calls of one instance
// never overlap.

#ifndef AUSCULT_TRAINER_H
#define AUSCULT_TRAINER_H

#include "auscult/model.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AUSCULT_TRAINER "trainer/1"

#define AUSCULT_GO_ON 0
#define AUSCULT_KEEP_BEST 1  // end fit soon, successfully, with the best so far
#define AUSCULT_GIVE_UP 2    // let fit fail

// How far a class is that goes over its tokens again and again. Losses are means per value; what there is not is NaN.
typedef struct auscult_epoch {
  uint32_t size;
  int32_t machine;     // index, or AUSCULT_ALL_MACHINES
  uint32_t number;     // from 1; goes on over rounds
  uint32_t last;       // the number of the last one that this fit may reach
  double loss;
  double validation_loss;
  double accuracy;     // of classifiers, 0 to 1
  double validation_accuracy;
} auscult_epoch;

// What a training is about. Valid from begin to end.
typedef struct auscult_training {
  uint32_t size;
  uint32_t machine_count;
  const char *const *machines;
  uint32_t label_count;          // classes to tell apart; 0: normal sound is to be learned
  uint32_t reserved;
  const char *const *labels;
  const auscult_format *format;  // of the tokens; its channels mean nothing
  uint64_t seed;                 // the same seed and tokens give the same model, bit for bit
  void *context;
  // Says how far fit is, from 0 to 1, and with what; not 0: give up, and let fit fail.  // [control]
  int32_t (*progress)(const struct auscult_training *training, double done, const char *what);
  // Since 1.1. Tells of an epoch that is over: AUSCULT_GO_ON, AUSCULT_KEEP_BEST or AUSCULT_GIVE_UP.  // [control]
  int32_t (*epoch)(const struct auscult_training *training, const auscult_epoch *epoch);
  uint64_t memory;  // since 1.2: bytes that may be taken at present, 0: unknown
} auscult_training;

// A recording that was altered (pitch, pace, noise) to be learned from once more: this bit, and the index of the one it
// was made of. A class that watches itself by some of the recordings leaves copies out of these, and copies of these out
// of what it learns from.
#define AUSCULT_EXAMPLE_COPY 0x80000000u

// The tokens of one machine. Valid until the next take of that machine, or end.
typedef struct auscult_examples {
  uint32_t size;
  uint32_t machine;            // index into the training's machines
  uint64_t count;              // tokens, at least 1
  uint64_t width;              // values in a token: rows x columns
  const float *values;         // [count x width], finite; tokens of one recording lie together, in its order
  const int32_t *labels;       // [count] index into the training's labels; NULL: all normal
  const uint32_t *recordings;  // [count] which recording each comes from; AUSCULT_EXAMPLE_COPY
} auscult_examples;

#define AUSCULT_TRAINER_LABELS 0x1u  // tells classes apart: wants the tokens of all labels. Without it: normal ones only
#define AUSCULT_TRAINER_ROUNDS 0x2u  // learns in rounds: after fit, take and fit may come again with further tokens.
                                     // Weights and the optimiser's state are kept, the tokens of rounds before are
                                     // forgotten; write gives the last round's best
#define AUSCULT_TRAINER_SEEDLESS 0x4u  // draws no random numbers: whatever the seed, it learns the same

typedef struct auscult_trainer {
  uint32_t size;
  uint32_t flags;  // AUSCULT_TRAINER_*
  // Learns what is coming.  // [control & !active]
  auscult_status (*begin)(void *instance, const auscult_training *training, auscult_error *error);
  // Takes note of a machine's tokens.  // [control & !active]
  auscult_status (*take)(void *instance, const auscult_examples *examples, auscult_error *error);
  // Learns from them; may take long.  // [control & !active]
  auscult_status (*fit)(void *instance, auscult_error *error);
  // Hands over what was learned.  // [control & !active]
  auscult_status (*write)(void *instance, const auscult_model_writer *writer, auscult_error *error);
  // Frees what begin, take and fit have made; also called when one of them failed.  // [control & !active]
  void (*end)(void *instance);
} auscult_trainer;

#ifdef __cplusplus
}
#endif
#endif
