// outages/1, of the host: a node with an output reports here what it could not write. Since 1.2.
//
// If a disk is full, a drive was removed, or a reader does not read, the node continues, keeps what it can, and reports
// the problem here. `auscult status` shows it and counts as not well meanwhile. What was lost becomes a gap record
// (cause `sink`) in every sink that records notices.

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
  // The node can't write from now on, because of `problem`; NULL: it can write again. The host copies the text, and
  // drops it with the instance.
  // [control | worker]
  void (*set)(const auscult_host *host, const char *problem);
  // Reports that `count` of the node's tokens between two driver frame positions are lost for good.
  // [control | worker]
  void (*lost)(const auscult_host *host, int64_t begin, int64_t end, uint64_t count);
} auscult_outages;

#ifdef __cplusplus
}
#endif
#endif
