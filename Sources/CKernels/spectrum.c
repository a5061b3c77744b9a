#include "CKernels.h"
#include "clones.h"

// Samples may be cut anywhere: a fused multiply-add here and a plain one in the tail would give other bits.
CLONES void kernel_pre_emphasis(float *restrict out, const float *restrict in, float before, float coefficient,
                                size_t count) {
#pragma clang fp contract(off)
  if (count == 0) return;
  out[0] = in[0] - coefficient * before;
  for (size_t i = 1; i < count; i++) out[i] = in[i] - coefficient * in[i - 1];
}

CLONES void kernel_window(float *restrict out, const float *restrict samples, const float *restrict window,
                          size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = samples[i] * window[i];
}

CLONES void kernel_window_double(double *restrict out, const float *restrict samples, const double *restrict window,
                                 size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = (double)samples[i] * window[i];
}

CLONES void kernel_narrow(float *restrict out, const double *restrict in, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = (float)in[i];
}

CLONES void kernel_power(float *restrict out, const float *restrict spectrum, size_t bins) {
  for (size_t k = 0; k < bins; k++) {
    float re = spectrum[2 * k], im = spectrum[2 * k + 1];
    out[k] = re * re + im * im;
  }
}

CLONES void kernel_magnitude(float *restrict out, const float *restrict spectrum, size_t bins) {
  for (size_t k = 0; k < bins; k++) {
    float re = spectrum[2 * k], im = spectrum[2 * k + 1];
    out[k] = __builtin_sqrtf(re * re + im * im);
  }
}
