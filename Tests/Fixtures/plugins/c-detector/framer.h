// test.c.framer: every `width` samples become one token of features, unchanged. Brings numbers into a graph.
#include "auscult/node.h"

extern const auscult_class framer_class;
