#include "CKernels.h"
#include "clones.h"

// The lanes are written out, so that the order of the sum is the same on every CPU.
typedef float lanes __attribute__((vector_size(4 * KERNEL_BAND_LANES), aligned(4)));
typedef float quad __attribute__((vector_size(16), aligned(4)));

// Lane l of a band's products is added to lane l + 4.
#define FOLD(v) (__builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7))

INLINED quad band_sums(const float *restrict values, const kernel_band *restrict band, const float *restrict weights) {
#pragma clang fp contract(fast)
  const float *value = values + band->start;
  const float *weight = weights + band->offset;
  const float *end = weight + KERNEL_BAND_LANES * (size_t)band->blocks;
  lanes sum = {0};
#pragma clang loop unroll(disable)
  for (; weight < end; weight += KERNEL_BAND_LANES, value += KERNEL_BAND_LANES) {
    sum += *(const lanes *)weight * *(const lanes *)value;
  }
  return FOLD(sum);
}

CLONES void kernel_bands(float *restrict out, const float *restrict values, const kernel_band *restrict bands,
                         const float *restrict weights, size_t count) {
  size_t b = 0;
  // Four bands share the additions that remain, in the order of a single one.
  for (; b + 4 <= count; b += 4) {
    quad s0 = band_sums(values, bands + b, weights), s1 = band_sums(values, bands + b + 1, weights);
    quad s2 = band_sums(values, bands + b + 2, weights), s3 = band_sums(values, bands + b + 3, weights);
    quad first = __builtin_shufflevector(s0, s1, 0, 4, 1, 5) + __builtin_shufflevector(s0, s1, 2, 6, 3, 7);
    quad second = __builtin_shufflevector(s2, s3, 0, 4, 1, 5) + __builtin_shufflevector(s2, s3, 2, 6, 3, 7);
    *(quad *)(out + b) = __builtin_shufflevector(first, second, 0, 1, 4, 5) +
                         __builtin_shufflevector(first, second, 2, 3, 6, 7);
  }
  for (; b < count; b++) {
    quad s = band_sums(values, bands + b, weights);
    out[b] = (s[0] + s[2]) + (s[1] + s[3]);
  }
}
