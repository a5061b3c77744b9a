// How these functions are compiled for several CPUs; see CKernels.

#ifndef NETWORK_CLONES_H
#define NETWORK_CLONES_H

#if defined(__x86_64__)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif

#define INLINED static inline __attribute__((always_inline))

#endif
