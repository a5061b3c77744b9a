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

// Four pairs of re and im, anywhere in memory.
typedef float pairs __attribute__((vector_size(32), aligned(4), may_alias));

// With a = Z[k] and b = Z[half - k]: X[k] = E + T and X[half - k] = conj(E - T), where E = (a + conj b) / 2 and
// T = -i e^(-pi i k / half) (a - conj b) / 2.
CLONES void kernel_real_spectrum(float *spectrum, const float *restrict cosines, const float *restrict sines,
                                 size_t half) {
  float re = spectrum[0], im = spectrum[1];
  spectrum[0] = re + im;
  spectrum[1] = 0;
  spectrum[2 * half] = re - im;
  spectrum[2 * half + 1] = 0;
  if (half % 2 == 0) spectrum[half + 1] = -spectrum[half + 1];
  size_t last = (half - 1) / 2, k = 1;
  const pairs conjugate = {1, -1, 1, -1, 1, -1, 1, -1};
  for (; k + 3 <= last; k += 4) {
    float *up = spectrum + 2 * k, *down = spectrum + 2 * (half - k - 3);
    pairs a = *(pairs *)up, b = *(pairs *)down;
    b = __builtin_shufflevector(b, b, 6, 7, 4, 5, 2, 3, 0, 1) * conjugate;
    pairs e = (a + b) * 0.5f, d = a - b;
    pairs t = *(const pairs *)(cosines + 2 * k) * __builtin_shufflevector(d, d, 1, 0, 3, 2, 5, 4, 7, 6)
              + *(const pairs *)(sines + 2 * k) * d;
    pairs x = e + t, y = (e - t) * conjugate;
    y = __builtin_shufflevector(y, y, 6, 7, 4, 5, 2, 3, 0, 1);
    *(pairs *)up = x;
    *(pairs *)down = y;
  }
  for (; k <= last; k++) {
    float *a = spectrum + 2 * k, *b = spectrum + 2 * (half - k);
    float er = (a[0] + b[0]) * 0.5f, ei = (a[1] - b[1]) * 0.5f, dr = a[0] - b[0], di = a[1] + b[1];
    float tr = cosines[2 * k] * di + sines[2 * k] * dr, ti = cosines[2 * k + 1] * dr + sines[2 * k + 1] * di;
    a[0] = er + tr;
    a[1] = ei + ti;
    b[0] = er - tr;
    b[1] = ti - ei;
  }
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
