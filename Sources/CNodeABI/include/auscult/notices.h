// notices/1, of the host: what the driver or the host has to tell beside the streams, for sinks that record it: a
// connection that was lost, and whatever else is not a token. Since 1.2.
//
// A notice of kind "gap" and state "sink" tells what an output could not write: its details are "begin" and "end", driver
// frame positions, and "count", tokens. It becomes a gap record with these.
//
// Ask the host for AUSCULT_NOTICES in `create` or `activate`; from then on every notice is kept for the node, by its
// name, until one of its instances fetches it: a swap neither loses nor doubles any. Each sink gets all of them.

#ifndef AUSCULT_NOTICES_H
#define AUSCULT_NOTICES_H

#include "auscult/node.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AUSCULT_NOTICES "notices/1"

typedef struct auscult_notice_detail {
  const char *name;
  const char *text;
} auscult_notice_detail;

// All texts are UTF-8, and valid until the instance fetches the next notice or is destroyed.
typedef struct auscult_notice {
  uint32_t size;
  int32_t channel;      // of the node, from 0, or -1: no single one
  const char *kind;     // "connection": what a record's `kind` is
  const char *state;    // "lost", "regained"
  const char *node;     // that it is about, or NULL: none
  const char *machine;  // that the channel listens to, or NULL
  int64_t begin;        // driver frame positions
  int64_t end;
  uint32_t detail_count;
  uint32_t reserved;
  const auscult_notice_detail *details;  // what else there is to say: "port", "peer"
} auscult_notice;

typedef struct auscult_notices {
  uint32_t size;
  uint32_t reserved;
  // Fetches the next notice that ends at or before a frame position: 1, or 0 when there is none. Ask with the position
  // through which all records are about to be written: notices that come later end behind it, so that they take part in
  // the records' order. In deactivate, ask with INT64_MAX for those that are left to this instance.
  // [worker & active, and in deactivate]
  int32_t (*next)(const auscult_host *host, int64_t through, auscult_notice *notice);
} auscult_notices;

#ifdef __cplusplus
}
#endif
#endif
