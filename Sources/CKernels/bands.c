#include <string.h>

#include "CKernels.h"
#include "clones.h"

// The lanes are written out, so that the order of the sum is the same on every CPU.
typedef float lanes __attribute__((vector_size(4 * KERNEL_BAND_LANES), aligned(4)));
typedef float quad __attribute__((vector_size(16), aligned(4)));

// Lane l of a band's products is added to lane l + 4.
#define FOLD(v) (__builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7))

// The sums of one group, band by band.
INLINED quad group_sums(const float *restrict values, const kernel_band_group *restrict group,
                        const float *restrict weights) {
#pragma clang fp contract(fast)
  const float *v0 = values + group->start[0], *v1 = values + group->start[1];
  const float *v2 = values + group->start[2], *v3 = values + group->start[3];
  const float *weight = weights + group->offset;
  lanes s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
  size_t count = KERNEL_BAND_LANES * (size_t)group->blocks;
#pragma clang loop unroll(disable)
  for (size_t k = 0; k < count; k += KERNEL_BAND_LANES, weight += KERNEL_BAND_GROUP * KERNEL_BAND_LANES) {
    s0 += *(const lanes *)weight * *(const lanes *)(v0 + k);
    s1 += *(const lanes *)(weight + KERNEL_BAND_LANES) * *(const lanes *)(v1 + k);
    s2 += *(const lanes *)(weight + 2 * KERNEL_BAND_LANES) * *(const lanes *)(v2 + k);
    s3 += *(const lanes *)(weight + 3 * KERNEL_BAND_LANES) * *(const lanes *)(v3 + k);
  }
  quad q0 = FOLD(s0), q1 = FOLD(s1), q2 = FOLD(s2), q3 = FOLD(s3);
  quad first = __builtin_shufflevector(q0, q1, 0, 4, 1, 5) + __builtin_shufflevector(q0, q1, 2, 6, 3, 7);
  quad second = __builtin_shufflevector(q2, q3, 0, 4, 1, 5) + __builtin_shufflevector(q2, q3, 2, 6, 3, 7);
  return __builtin_shufflevector(first, second, 0, 1, 4, 5) + __builtin_shufflevector(first, second, 2, 3, 6, 7);
}

CLONES void kernel_bands(float *restrict out, const float *restrict values, const kernel_band_group *restrict groups,
                         const float *restrict weights, size_t count) {
  size_t b = 0;
  for (; b + KERNEL_BAND_GROUP <= count; b += KERNEL_BAND_GROUP, groups++) {
    *(quad *)(out + b) = group_sums(values, groups, weights);
  }
  if (b < count) {
    quad rest = group_sums(values, groups, weights);
    memcpy(out + b, &rest, (count - b) * sizeof(float));
  }
}
