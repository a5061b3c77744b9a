// announce/1, of the host: a node reports an event of its own that is not a token, such as a clip that it has written.
// Every sink that records notices (notices.h) records it. Since 1.3.
//
// A live run hands it on at once. Over files, sinks get it when the stream ends, so that the order of their records does
// not depend on how busy the computer is.

#ifndef AUSCULT_ANNOUNCE_H
#define AUSCULT_ANNOUNCE_H

#include "auscult/notices.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AUSCULT_ANNOUNCE "announce/1"

typedef struct auscult_announce {
  uint32_t size;
  uint32_t reserved;
  // Announces an event of the node. `notice` has its `kind`, `state`, `channel`, `machine`, and at most 32 details; `begin`
  // and `end` are the driver frame positions that it is about, or -1: the present ones. `node` is not read. The host
  // copies everything.
  // [control | worker]
  void (*announce)(const auscult_host *host, const auscult_notice *notice);
} auscult_announce;

#ifdef __cplusplus
}
#endif
#endif
