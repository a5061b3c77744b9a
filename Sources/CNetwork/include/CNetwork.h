// The operations of network layers, in single precision for use and in double for checks of the gradients.
//
// Every function only computes on memory that the caller owns: none locks, allocates or makes a system call. The order of
// every sum depends on sizes alone, so equal input gives equal bits on one machine. Arrays of one call do not overlap
// unless the text says so. Images are [channels x rows x columns], the columns next to each other.

#ifndef CNETWORK_H
#define CNETWORK_H

#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#define NETWORK_SAFE __attribute__((swift_attr("@_noLocks"))) __attribute__((swift_attr("@_noAllocation")))
#else
#define NETWORK_SAFE
#endif

/// Positions in one step of a product: the number of values that it reads and writes is rounded up to a multiple of
/// this.
#define NETWORK_POSITIONS 16

#define REAL float
#define NETWORK(name) network_##name##_float
#include "CNetworkFunctions.h"
#undef REAL
#undef NETWORK

#define REAL double
#define NETWORK(name) network_##name##_double
#include "CNetworkFunctions.h"
#undef REAL
#undef NETWORK

#endif
