// explain/1: which bands and which moment make a token's score. Return AUSCULT_EXPLAIN's table from `extension`.

#ifndef AUSCULT_EXPLAIN_H
#define AUSCULT_EXPLAIN_H

#include "auscult/node.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AUSCULT_EXPLAIN "explain/1"

typedef struct auscult_explain {
  uint32_t size;
  uint32_t reserved;
  // Splits up a token's score: writes how much each column (a band) and each row (an analysis frame) adds to it. The
  // parts are not negative. No process runs meanwhile. `token` [rows x columns], `bands` [columns], `moments` [rows].
  // [control & active]
  auscult_status (*explain)(void *instance, uint32_t channel, const float *token, float *bands, float *moments,
                            auscult_error *error);
  // Since 1.1. Writes the token as the model reconstructs it from its compressed form, in the token's units [rows x
  // columns]. No process runs meanwhile. NULL: the class can't reconstruct.  // [control & active]
  auscult_status (*reconstruct)(void *instance, uint32_t channel, const float *token, float *reconstruction,
                                auscult_error *error);
} auscult_explain;

#ifdef __cplusplus
}
#endif
#endif
