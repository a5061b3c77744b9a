// How much a clone of a kernel keeps in registers.

#ifndef REGISTERS_H
#define REGISTERS_H

#if defined(__x86_64__)
// Otherwise clang halves vectors of 512 bits even in the clone that has registers for them.
#define WHOLE_VECTORS __attribute__((min_vector_width(512)))
/// 32 registers of 16 floats instead of 16 of 8: a tile may hold four times as many sums.
static inline __attribute__((always_inline)) int has_wide_registers(void) { return __builtin_cpu_supports("avx512f"); }
#else
#define WHOLE_VECTORS
static inline __attribute__((always_inline)) int has_wide_registers(void) { return 0; }
#endif

#endif
