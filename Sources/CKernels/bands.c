#include "CKernels.h"
#include "clones.h"

// The lanes are written out, so that the order of the sum is the same on every CPU.
typedef float lanes __attribute__((vector_size(4 * KERNEL_BAND_LANES), aligned(4)));

CLONES void kernel_bands(float *restrict out, const float *restrict values, const kernel_band *restrict bands,
                         const float *restrict weights, size_t count) {
#pragma clang fp contract(fast)
  for (size_t b = 0; b < count; b++) {
    const float *value = values + bands[b].start;
    const float *weight = weights + bands[b].offset;
    lanes sum = {0};
    for (uint32_t k = 0; k < bands[b].blocks; k++) {
      sum += *(const lanes *)(weight + KERNEL_BAND_LANES * k) * *(const lanes *)(value + KERNEL_BAND_LANES * k);
    }
    out[b] = ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
  }
}
