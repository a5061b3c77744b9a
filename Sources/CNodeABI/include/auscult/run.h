// run/1, of the host: the identity of the run that a node is part of. Since 1.2.
//
// Frame positions begin at 0 in every live run. The begin of the run tells equal positions of two runs apart.

#ifndef AUSCULT_RUN_H
#define AUSCULT_RUN_H

#include "auscult/node.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AUSCULT_RUN "run/1"

typedef struct auscult_run {
  uint32_t size;
  uint32_t reserved;
  // Nanoseconds since the Unix epoch (UTC) at which a live run began; it never changes in a run. 0: the run is not live,
  // so that the same files give the same records.  // [worker & active]
  int64_t (*began)(const auscult_host *host);
  // Name of the run: of the graph, unless the run was given another one. It tells two runs of one graph apart. Valid as
  // long as the host.  // [control | worker]
  const char *(*name)(const auscult_host *host);
  // 1: the run only measures, and its outputs are thrown away (`auscult bench`). A sink writes to its paths, but reaches
  // nobody else: it sends nothing and starts no program. Else 0.  // [control | worker]
  int32_t (*is_rehearsal)(const auscult_host *host);
  // "sha256:..." of the nodes, parameters and links of the graph of a generation (`auscult_token_head.generation`); of the
  // first graph for 0. NULL: no such graph has run. Valid as long as the host. Absent if `size` ends before it.
  // [control | worker]
  const char *(*graph_hash)(const auscult_host *host, uint32_t generation);
} auscult_run;

#ifdef __cplusplus
}
#endif
#endif
