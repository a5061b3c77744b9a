// "tune/1": new values of parameters that may change while the node runs (AUSCULT_PARAMETER_RUNNING). An extension of a
// class; a class without it is swapped when such a parameter changes.

#ifndef AUSCULT_TUNE_H
#define AUSCULT_TUNE_H

#include "auscult/node.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AUSCULT_TUNE "tune/1"

typedef struct auscult_tune {
  uint32_t size;
  // Prepares the values for `take` from all arguments of the node. Nothing changes yet.
  // [control & active]
  auscult_status (*prepare)(void *instance, uint32_t argument_count, const auscult_argument *arguments, void **values,
                            auscult_error *error);
  // Applies prepared values between two calls of process. The host still owns them.  // [realtime | worker & active]
  void (*take)(void *instance, const void *values);
  // Frees prepared values.  // [control]
  void (*dispose)(void *instance, void *values);
} auscult_tune;

#ifdef __cplusplus
}
#endif
#endif
