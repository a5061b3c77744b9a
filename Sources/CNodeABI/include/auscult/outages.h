// outages/1, of the host: what a node that writes into the world has to say of what did not get there. Since 1.2.
//
// A disk that is full, a drive that was pulled, a reader that does not read: the node goes on, keeps what it can, and
// says so here. `auscult status` shows it, and is not well while it lasts; what was lost becomes a gap record (cause
// `sink`) in every sink that records such things.

#ifndef AUSCULT_OUTAGES_H
#define AUSCULT_OUTAGES_H

#include "auscult/node.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AUSCULT_OUTAGES "outages/1"

typedef struct auscult_outages {
  uint32_t size;
  uint32_t reserved;
  // From now on the node can't write, and why; NULL: it can again. The host copies the text, and forgets it with the
  // instance. [control | worker]
  void (*set)(const auscult_host *host, const char *problem);
  // So many tokens of what the node was given between two driver frame positions are lost, for good.
  // [control | worker]
  void (*lost)(const auscult_host *host, int64_t begin, int64_t end, uint64_t count);
} auscult_outages;

#ifdef __cplusplus
}
#endif
#endif
