// remarks/1, of the host: what a node has to say of a machine for as long as it holds, such as how settled what it has
// learned is. `auscult status` shows it. What passes belongs in the log. Since 1.2.

#ifndef AUSCULT_REMARKS_H
#define AUSCULT_REMARKS_H

#include "auscult/node.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AUSCULT_REMARKS "remarks/1"

typedef struct auscult_remarks {
  uint32_t size;
  uint32_t reserved;
  // Says something of what a channel of the node's first output listens to, in place of what was said under the same
  // topic; NULL takes it back. The host copies both texts, and forgets them with the instance.  // [control | worker]
  void (*set)(const auscult_host *host, uint32_t channel, const char *topic, const char *text);
} auscult_remarks;

#ifdef __cplusplus
}
#endif
#endif
