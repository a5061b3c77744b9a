#include "CKernels.h"
#include "clones.h"

// Blocks in single precision, added up in double: as fast as float, and exact enough for a thousand bands.
#define BLOCK 64

CLONES double kernel_squared_distance(const float *a, const float *b, size_t count) {
#pragma clang fp reassociate(on) contract(fast)
  double sum = 0;
  for (size_t begin = 0; begin < count; begin += BLOCK) {
    size_t end = begin + BLOCK < count ? begin + BLOCK : count;
    float part = 0;
    for (size_t i = begin; i < end; i++) part += (a[i] - b[i]) * (a[i] - b[i]);
    sum += part;
  }
  return sum;
}

CLONES double kernel_distance_double(const double *a, const double *b, size_t count) {
#pragma clang fp reassociate(on) contract(fast)
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

CLONES double kernel_weighted_distance(const double *a, const double *b, const double *weights, size_t count) {
#pragma clang fp reassociate(on) contract(fast)
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += (a[i] - b[i]) * (a[i] - b[i]) * weights[i];
  return sum;
}

CLONES double kernel_dot_double(const double *a, const double *b, size_t count) {
#pragma clang fp reassociate(on) contract(fast)
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += a[i] * b[i];
  return sum;
}

CLONES void kernel_standardize(double *out, const float *in, const double *means, const double *scales, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = ((double)in[i] - means[i]) * scales[i];
}
