// report/1: figures about what a node has learned, for people. Return AUSCULT_REPORT's table from `extension`.

#ifndef AUSCULT_REPORT_H
#define AUSCULT_REPORT_H

#include "auscult/node.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AUSCULT_REPORT "report/1"

// Receives a node's figures.
typedef struct auscult_report_sink {
  uint32_t size;
  void *context;
  // One figure: its subject (a machine's name, or ""), its name and its value.  // [control]
  void (*figure)(const struct auscult_report_sink *sink, const char *of, const char *name, double value);
} auscult_report_sink;

typedef struct auscult_report {
  uint32_t size;
  uint32_t reserved;
  // Reports what the instance has learned: between trainer/1's fit and end, or when it is configured.
  // [control & !active]
  auscult_status (*report)(void *instance, const auscult_report_sink *sink, auscult_error *error);
} auscult_report;

#ifdef __cplusplus
}
#endif
#endif
