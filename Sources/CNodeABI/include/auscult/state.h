// state/1: what an instance has heard and learned, as bytes. Return AUSCULT_STATE's table from `extension`.
//
// A state fits instances of the same class and version, with the same parameters and input formats. restore checks what
// it can, and fails instead of restoring half a state.

#ifndef AUSCULT_STATE_H
#define AUSCULT_STATE_H

#include "auscult/node.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AUSCULT_STATE "state/1"

// Receives a state. The host copies the bytes.
typedef struct auscult_state_sink {
  uint32_t size;
  void *context;
  // Appends bytes.  // [control]
  auscult_status (*write)(const struct auscult_state_sink *sink, const void *bytes, uint64_t count);
} auscult_state_sink;

typedef struct auscult_state {
  uint32_t size;
  uint32_t reserved;
  // Writes the state; no process runs meanwhile.  // [control & active]
  auscult_status (*save)(void *instance, const auscult_state_sink *sink, auscult_error *error);
  // Restores a state, in place of the fresh state that activate gave.  // [control & active]
  auscult_status (*restore)(void *instance, const void *bytes, uint64_t count, auscult_error *error);
} auscult_state;

#ifdef __cplusplus
}
#endif
#endif
