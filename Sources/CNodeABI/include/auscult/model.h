// Model files, version 1. The host reads them for detectors, and writes what trainers have learned.
//
// A node asks its host for AUSCULT_MODELS in create. The host checks every file that it opens: each tensor lies within
// the file, has a known type, and its shape matches its size. A tensor belongs to one machine, or to all (machine -1).

#ifndef AUSCULT_MODEL_H
#define AUSCULT_MODEL_H

#include "auscult/node.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AUSCULT_MODELS "models/1"

#define AUSCULT_FLOAT32 1u
#define AUSCULT_FLOAT64 2u

#define AUSCULT_ALL_MACHINES (-1)

// An opened model file.
typedef struct auscult_model auscult_model;

typedef struct auscult_tensor {
  uint32_t size;
  uint32_t type;          // AUSCULT_FLOAT32 or AUSCULT_FLOAT64
  uint32_t rank;          // 0: a single number
  uint32_t reserved;
  const uint64_t *shape;  // [rank], row-major: the last dimension is contiguous
  const void *data;       // aligned to 8 bytes; as many values as the product of `shape`, all finite
} auscult_tensor;

typedef struct auscult_models {
  uint32_t size;
  // Opens a model file; fails if it is missing, damaged or not a model.  // [control]
  auscult_status (*open)(const auscult_host *host, const char *path, auscult_model **model, auscult_error *error);
  // Frees a model and everything that was read from it.  // [control]
  void (*close)(auscult_model *model);
  // Index of a machine by name, or -1 if the model does not know it.  // [control]
  int32_t (*machine)(const auscult_model *model, const char *name);
  // The machine names in the model, separated by commas, for messages.  // [control]
  const char *(*machines)(const auscult_model *model);
  // A tensor of a machine, or of all machines; fails if there is none of that name.  // [control]
  auscult_status (*tensor)(const auscult_model *model, int32_t machine, const char *name, auscult_tensor *tensor,
                           auscult_error *error);
  // The text that the trainer wrote under a key, or NULL.  // [control]
  const char *(*text)(const auscult_model *model, const char *key);
  // The threshold of a machine, in units of the detector's score; NaN before calibration.  // [control]
  double (*threshold)(const auscult_model *model, int32_t machine);
  // Names of the classes that a classifier tells apart; NULL at the end.  // [control]
  const char *const *(*labels)(const auscult_model *model);
  // "sha256:..." of the file, for the answer's producer.  // [control]
  const char *(*digest)(const auscult_model *model);
} auscult_models;

// Receives what a trainer has learned. The host copies everything.
typedef struct auscult_model_writer {
  uint32_t size;
  void *context;
  // Adds a tensor of finite values. The name consists of letters, digits, '_' and '-'.  // [control]
  auscult_status (*tensor)(const struct auscult_model_writer *writer, int32_t machine, const char *name, uint32_t type,
                           uint32_t rank, const uint64_t *shape, const void *data);
  // Adds a line of text under a key.  // [control]
  auscult_status (*text)(const struct auscult_model_writer *writer, const char *key, const char *text);
} auscult_model_writer;

#ifdef __cplusplus
}
#endif
#endif
