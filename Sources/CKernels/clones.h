// How a kernel is compiled for several CPUs.

#ifndef CLONES_H
#define CLONES_H

#if defined(__x86_64__)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
// Lets a clone for AVX-512 use all 512 bits: by default clang keeps to 256 there.
#define WIDE __attribute__((min_vector_width(512)))
#else
#define CLONES
#define WIDE
#endif

// Helpers of a kernel become part of each of its clones.
#define INLINED static inline __attribute__((always_inline))

#endif
