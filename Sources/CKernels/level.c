#include <float.h>
#include <math.h>
#include <string.h>

#include "CKernels.h"
#include "clones.h"

// 10 log10(x) of a normal number x > 0: x = m 2^e with m in [sqrt(1/2), sqrt(2)), and the polynomial of Cephes' logf
// for ln m. The part that e contributes is split in a high part, exact in float for every e, and a low one.
INLINED float decibel(float x) {
  int32_t bits;
  memcpy(&bits, &x, sizeof bits);
  int32_t shifted = bits - 0x3f3504f3;
  float e = (float)(shifted >> 23);
  int32_t mantissa = (shifted & 0x7fffff) + 0x3f3504f3;
  float m;
  memcpy(&m, &mantissa, sizeof m);
  float f = m - 1.0f;
  float square = f * f;
  float p = 7.0376836292e-2f;
  p = p * f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  float rest = p * f * square - 0.5f * square;  // ln m - f
  const float per_e_high = 3.01025390625f, per_e_low = 4.605038981e-5f;  // 10 log10 2
  const float per_neper = 4.3429448190f;                                 // 10 / ln 10
  return e * per_e_high + (e * per_e_low + (per_neper * f + per_neper * rest));
}

CLONES void kernel_decibel(float *restrict out, const float *restrict in, float floor, float reference, size_t count) {
#pragma clang fp contract(fast)
  for (size_t i = 0; i < count; i++) {
    float x = in[i] > floor ? in[i] : floor;
    x = x < FLT_MAX ? x : FLT_MAX;
    out[i] = decibel(x) - reference;
  }
}

CLONES void kernel_finite(float *restrict out, const float *restrict in, float otherwise, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, &in[i], sizeof bits);
    out[i] = (bits & 0x7f800000u) != 0x7f800000u ? in[i] : otherwise;
  }
}

CLONES void kernel_multiply(float *restrict out, const float *restrict in, float factor, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = in[i] * factor;
}

CLONES void kernel_scale(float *values, float low, float range, size_t count) {
  for (size_t i = 0; i < count; i++) values[i] = (values[i] - low) / range;
}

CLONES void kernel_scale_each(float *restrict values, const float *restrict low, const float *restrict range,
                              size_t count) {
  for (size_t i = 0; i < count; i++) values[i] = (values[i] - low[i]) / range[i];
}

CLONES void kernel_clip(float *values, float low, float high, size_t count) {
  for (size_t i = 0; i < count; i++) {
    float x = values[i] > low ? values[i] : low;
    values[i] = x < high ? x : high;
  }
}

// Least and greatest do not depend on the order: reassociating is free of rounding.
CLONES float kernel_minimum(const float *in, size_t count) {
  float lanes[16];
  for (int l = 0; l < 16; l++) lanes[l] = INFINITY;
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    for (int l = 0; l < 16; l++) lanes[l] = in[i + l] < lanes[l] ? in[i + l] : lanes[l];
  }
  for (; i < count; i++) lanes[0] = in[i] < lanes[0] ? in[i] : lanes[0];
  for (int l = 1; l < 16; l++) lanes[0] = lanes[l] < lanes[0] ? lanes[l] : lanes[0];
  return lanes[0];
}

CLONES float kernel_maximum(const float *in, size_t count) {
  float lanes[16];
  for (int l = 0; l < 16; l++) lanes[l] = -INFINITY;
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    for (int l = 0; l < 16; l++) lanes[l] = in[i + l] > lanes[l] ? in[i + l] : lanes[l];
  }
  for (; i < count; i++) lanes[0] = in[i] > lanes[0] ? in[i] : lanes[0];
  for (int l = 1; l < 16; l++) lanes[0] = lanes[l] > lanes[0] ? lanes[l] : lanes[0];
  return lanes[0];
}

CLONES void kernel_lower(float *restrict out, const float *restrict in, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = in[i] < out[i] ? in[i] : out[i];
}

CLONES void kernel_raise(float *restrict out, const float *restrict in, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = in[i] > out[i] ? in[i] : out[i];
}
