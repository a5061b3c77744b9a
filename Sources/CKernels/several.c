#include "CKernels.h"
#include "clones.h"

// Products and distances of rows with several others, which share the loads. The lanes are written out, and every pair
// has its own sum: its order depends on the width alone, never on how many rows or others there are.
typedef float floats __attribute__((vector_size(4 * KERNEL_LANES), aligned(4)));
typedef double doubles __attribute__((vector_size(8 * KERNEL_LANES), aligned(8)));

#define ROWS 2
#define OTHERS 4

// Macros, because vectors are no arguments of functions in a build for the least CPU.
#define LOAD(values) (*(const floats *)(values))
#define LOAD_DOUBLE(values) (*(const doubles *)(values))
#define SUM(v) ((((v)[0] + (v)[4]) + ((v)[2] + (v)[6])) + (((v)[1] + (v)[5]) + ((v)[3] + (v)[7])))

// `rows` and `count` are constants where it is inlined.
INLINED void tile(float *out, size_t stride, const float *const *row, size_t rows, const float *others, size_t count,
                  size_t width) {
#pragma clang fp contract(fast)
  floats sums[ROWS][OTHERS] = {0};
  for (size_t i = 0; i < width; i += KERNEL_LANES) {
#pragma clang loop unroll(full)
    for (size_t o = 0; o < count; o++) {
      floats other = LOAD(others + o * width + i);
#pragma clang loop unroll(full)
      for (size_t r = 0; r < rows; r++) sums[r][o] += LOAD(row[r] + i) * other;
    }
  }
  for (size_t r = 0; r < rows; r++) {
    for (size_t o = 0; o < count; o++) out[r * stride + o] = SUM(sums[r][o]);
  }
}

INLINED void products(float *out, size_t stride, const float *const *row, size_t rows, const float *others,
                      size_t count, size_t width) {
  size_t o = 0;
  for (; o + OTHERS <= count; o += OTHERS) tile(out + o, stride, row, rows, others + o * width, OTHERS, width);
  for (; o < count; o++) tile(out + o, stride, row, rows, others + o * width, 1, width);
}

CLONES void kernel_products(float *out, const float *const *rows, size_t count, const float *others,
                            size_t others_count, size_t width) {
  size_t r = 0;
  for (; r + ROWS <= count; r += ROWS) {
    products(out + r * others_count, others_count, rows + r, ROWS, others, others_count, width);
  }
  for (; r < count; r++) products(out + r * others_count, others_count, rows + r, 1, others, others_count, width);
}

INLINED void distances(double *out, const double *a, const double *others, size_t count, size_t width) {
#pragma clang fp contract(fast)
  doubles sums[OTHERS] = {0};
  size_t i = 0;
  for (; i + KERNEL_LANES <= width; i += KERNEL_LANES) {
    doubles value = LOAD_DOUBLE(a + i);
#pragma clang loop unroll(full)
    for (size_t o = 0; o < count; o++) {
      doubles difference = value - LOAD_DOUBLE(others + o * width + i);
      sums[o] += difference * difference;
    }
  }
  for (size_t o = 0; o < count; o++) {
    double rest = 0;
    for (size_t k = i; k < width; k++) {
      double difference = a[k] - others[o * width + k];
      rest += difference * difference;
    }
    out[o] = SUM(sums[o]) + rest;
  }
}

CLONES void kernel_distances(double *out, const double *a, const double *others, size_t count, size_t width) {
  size_t o = 0;
  for (; o + OTHERS <= count; o += OTHERS) distances(out + o, a, others + o * width, OTHERS, width);
  for (; o < count; o++) distances(out + o, a, others + o * width, 1, width);
}

CLONES void kernel_standardize_narrow(float *out, const float *in, const double *means, const double *scales,
                                      size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = (float)(((double)in[i] - means[i]) * scales[i]);
}

CLONES void kernel_add_scaled(double *restrict sums, const double *restrict values, double factor, size_t count) {
#pragma clang fp contract(fast)
  for (size_t i = 0; i < count; i++) sums[i] += factor * values[i];
}
