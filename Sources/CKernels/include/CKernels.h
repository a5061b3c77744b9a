// Hot loops in wider vectors than SwiftPM's baseline: built for several CPUs, picked by the loader.
// Every function here only computes on memory that the caller owns.

#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#define KERNEL_SAFE __attribute__((swift_attr("@_noLocks"))) __attribute__((swift_attr("@_noAllocation")))
#else
#define KERNEL_SAFE
#endif

/// Sum of a[i] * b[i]. The order of the sum depends on the CPU's vectors, never on anything else.
KERNEL_SAFE float kernel_dot(const float *_Nonnull a, const float *_Nonnull b, size_t count);

#endif
