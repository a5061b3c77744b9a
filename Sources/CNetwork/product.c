#include "CNetwork.h"
#include "../CKernels/clones.h"
#include "registers.h"

#define REAL float
#define NETWORK(name) network_##name##_float
#include "product.inc"
#undef REAL
#undef NETWORK

#define REAL double
#define NETWORK(name) network_##name##_double
#include "product.inc"
