// "reopen/1": closing and opening an output anew, so that another program can move the file away (log rotation). An
// extension of a class of sinks; a class without it keeps its output open.

#ifndef AUSCULT_OUTPUT_H
#define AUSCULT_OUTPUT_H

#include "auscult/node.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AUSCULT_REOPEN "reopen/1"

typedef struct auscult_reopen {
  uint32_t size;
  // Asks for it. The next process closes the output and opens it at its path again, adding to what is there. It may come
  // while process runs: set an atomic flag, and do no more.  // [control & active]
  void (*reopen)(void *instance);
} auscult_reopen;

#ifdef __cplusplus
}
#endif
#endif
