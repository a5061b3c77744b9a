// notices/1, of the host: events that are not tokens, such as a lost connection. The driver and the host send them to
// sinks that record them. Since 1.2.
//
// A notice may be about frames that lie before its own positions: then its details "begin" and "end" are their driver
// frame positions, and its record has these. A notice of kind "gap" and state "sink" reports what an output could not
// write; its detail "count" is a number of tokens. One of state "node" reports what a failed node did not yield until
// another instance took over. Both become gap records.
//
// Ask the host for AUSCULT_NOTICES in `create` or `activate`. From then on the host keeps every notice under the node's
// name until an instance of it fetches the notice: a swap neither loses nor doubles any. Each sink gets all notices.

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
  int32_t channel;      // channel of `node`, from 0, or -1: no single channel
  const char *kind;     // "connection": the `kind` of the record
  const char *state;    // "lost", "regained"
  const char *node;     // the node that the notice is about, or NULL: none
  const char *machine;  // the machine of the channel, or NULL
  int64_t begin;        // driver frame positions
  int64_t end;
  uint32_t detail_count;
  uint32_t reserved;
  const auscult_notice_detail *details;  // further details: "port", "peer"
} auscult_notice;

typedef struct auscult_notices {
  uint32_t size;
  uint32_t reserved;
  // Fetches the next notice that ends at or before a frame position: returns 1, or 0 if there is none. Ask with the
  // position through which you are about to write all records. Later notices end after it, so they keep the records'
  // order. In deactivate, ask with INT64_MAX for the remaining notices.
  // [worker & active, and in deactivate]
  int32_t (*next)(const auscult_host *host, int64_t through, auscult_notice *notice);
} auscult_notices;

#ifdef __cplusplus
}
#endif
#endif
