// remarks/1, of the host: a node's remarks about a machine, such as how far it has learned. `auscult status` shows a
// remark while it applies. Short events belong in the log. Since 1.2.

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
  // Sets the remark on a topic about the machine of a channel of the node's first output. It replaces the last remark
  // on the topic; NULL removes it. The host copies both texts, and drops them with the instance.  // [control | worker]
  void (*set)(const auscult_host *host, uint32_t channel, const char *topic, const char *text);
} auscult_remarks;

#ifdef __cplusplus
}
#endif
#endif
