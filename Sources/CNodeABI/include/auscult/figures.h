// figures/1, of the host: numbers that a node reports about itself, such as messages that wait in its queue. `auscult
// status` shows the present ones. Since 1.3.

#ifndef AUSCULT_FIGURES_H
#define AUSCULT_FIGURES_H

#include "auscult/node.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AUSCULT_FIGURES "figures/1"

typedef struct auscult_figures {
  uint32_t size;
  uint32_t reserved;
  // Sets a figure of the node; a value that is not finite removes it. `name` has lower-case letters, digits and `_`, and
  // ends in its unit where there is one: "queued_messages", "file_bytes". A name that ends in `_total` counts events and
  // only grows. The host copies the name, and drops the figures with the instance. It keeps 64 of a node.
  // [control | worker]
  void (*set)(const auscult_host *host, const char *name, double value);
} auscult_figures;

#ifdef __cplusplus
}
#endif
#endif
