// report/1: figures by which a person judges what a node has learned. Answer AUSCULT_REPORT in `extension`.

#ifndef AUSCULT_REPORT_H
#define AUSCULT_REPORT_H

#include "auscult/node.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AUSCULT_REPORT "report/1"

// Where a node puts its figures.
typedef struct auscult_report_sink {
  uint32_t size;
  void *context;
  // One figure: what it is of (a machine's name, or ""), its name and value.  // [control]
  void (*figure)(const struct auscult_report_sink *sink, const char *of, const char *name, double value);
} auscult_report_sink;

typedef struct auscult_report {
  uint32_t size;
  uint32_t reserved;
  // Tells of what the instance has learned: between trainer/1's fit and end, or once it is configured.
  // [control & !active]
  auscult_status (*report)(void *instance, const auscult_report_sink *sink, auscult_error *error);
} auscult_report;

#ifdef __cplusplus
}
#endif
#endif
