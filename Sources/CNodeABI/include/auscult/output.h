// "reopen/1": closes and opens an output again, after another program has moved the file (log rotation). An extension
// of a class of sinks; a class without it keeps its output open.

#ifndef AUSCULT_OUTPUT_H
#define AUSCULT_OUTPUT_H

#include "auscult/node.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AUSCULT_REOPEN "reopen/1"

typedef struct auscult_reopen {
  uint32_t size;
  // Requests it. The next process closes the output, opens its path again and appends. The host may call this while
  // process runs: only set an atomic flag.  // [control & active]
  void (*reopen)(void *instance);
} auscult_reopen;

#ifdef __cplusplus
}
#endif
#endif
