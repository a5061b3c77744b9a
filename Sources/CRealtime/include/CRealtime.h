// The C functions that a realtime thread needs. Each is marked nonblocking for the Swift compiler, which then accepts
// calls from code marked `@_noLocks @_noAllocation`. A mark is a promise; the comment at each function gives the
// reason.

#ifndef CREALTIME_H
#define CREALTIME_H

#include <math.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "auscult/node.h"
#include "auscult/tune.h"

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#if defined(__clang__)
#define REALTIME_SAFE __attribute__((swift_attr("@_noLocks"))) __attribute__((swift_attr("@_noAllocation")))
#else
#define REALTIME_SAFE
#endif

// Functions of plugins. A class that is AUSCULT_HARD promises that they neither block nor allocate; RealtimeSanitizer
// checks it. On workers they may do anything.
REALTIME_SAFE static inline auscult_status realtime_process(const auscult_class *_Nonnull node_class,
                                                            void *_Nonnull instance, auscult_cycle *_Nonnull cycle) {
  return node_class->process(instance, cycle);
}

REALTIME_SAFE static inline void realtime_reset(const auscult_class *_Nonnull node_class, void *_Nonnull instance) {
  if (node_class->reset) node_class->reset(instance);
}

REALTIME_SAFE static inline void realtime_take(const auscult_tune *_Nonnull tune, void *_Nonnull instance,
                                               const void *_Nonnull values) {
  tune->take(instance, values);
}

// libm's functions only compute. None of them locks or allocates.
REALTIME_SAFE static inline float realtime_sqrtf(float x) { return __builtin_sqrtf(x); }
REALTIME_SAFE static inline double realtime_sqrt(double x) { return __builtin_sqrt(x); }
REALTIME_SAFE static inline float realtime_expf(float x) { return expf(x); }
REALTIME_SAFE static inline double realtime_exp(double x) { return exp(x); }
REALTIME_SAFE static inline float realtime_logf(float x) { return logf(x); }
REALTIME_SAFE static inline double realtime_log(double x) { return log(x); }
REALTIME_SAFE static inline float realtime_log10f(float x) { return log10f(x); }
REALTIME_SAFE static inline double realtime_log10(double x) { return log10(x); }
REALTIME_SAFE static inline float realtime_powf(float x, float y) { return powf(x, y); }
REALTIME_SAFE static inline double realtime_pow(double x, double y) { return pow(x, y); }
REALTIME_SAFE static inline float realtime_sinf(float x) { return sinf(x); }
REALTIME_SAFE static inline double realtime_sin(double x) { return sin(x); }
REALTIME_SAFE static inline double realtime_cos(double x) { return cos(x); }

// Copies, moves and fills memory that the caller owns.
REALTIME_SAFE static inline void realtime_copy(void *_Nonnull to, const void *_Nonnull from, size_t bytes) {
  memcpy(to, from, bytes);
}
REALTIME_SAFE static inline void realtime_move(void *_Nonnull to, const void *_Nonnull from, size_t bytes) {
  memmove(to, from, bytes);
}
REALTIME_SAFE static inline void realtime_zero(void *_Nonnull to, size_t bytes) { memset(to, 0, bytes); }
REALTIME_SAFE static inline void realtime_fill(void *_Nonnull to, uint8_t value, size_t bytes) {
  memset(to, value, bytes);
}

// CLOCK_MONOTONIC is read through the vDSO: no system call on Linux's usual clock sources.
REALTIME_SAFE static inline int64_t realtime_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// Sets flush-to-zero and denormals-are-zero in the same way on every computing thread, so that no result depends on the
// thread. Returns the state to restore. It only writes a register.
REALTIME_SAFE static inline uint64_t realtime_flush_denormals(void) {
#if defined(__x86_64__)
  uint32_t before = _mm_getcsr();
  _mm_setcsr(before | 0x8040u);
  return before;
#elif defined(__aarch64__)
  uint64_t before;
  __asm__ volatile("mrs %0, fpcr" : "=r"(before));
  __asm__ volatile("msr fpcr, %0" : : "r"(before | (1u << 24)));
  return before;
#else
  return 0;
#endif
}

REALTIME_SAFE static inline void realtime_restore_denormals(uint64_t before) {
#if defined(__x86_64__)
  _mm_setcsr((uint32_t)before);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" : : "r"(before));
#else
  (void)before;
#endif
}

// RealtimeSanitizer's marks around the cycle. They are weak, so that the same source builds with and without it.
__attribute__((weak)) void __rtsan_realtime_enter(void);
__attribute__((weak)) void __rtsan_realtime_exit(void);

REALTIME_SAFE static inline void realtime_enter(void) {
  if (__rtsan_realtime_enter) __rtsan_realtime_enter();
}
REALTIME_SAFE static inline void realtime_exit(void) {
  if (__rtsan_realtime_exit) __rtsan_realtime_exit();
}
static inline int realtime_is_sanitized(void) { return __rtsan_realtime_enter != 0; }

#endif
