#include "CKernels.h"
#include "clones.h"

INLINED void column_sums(double *restrict sums, const float *restrict slice, size_t rows, size_t columns) {
  for (size_t c = 0; c < columns; c++) sums[c] = 0;
  for (size_t r = 0; r < rows; r++) {
    const float *row = slice + r * columns;
    for (size_t c = 0; c < columns; c++) sums[c] += (double)row[c];
  }
}

CLONES void kernel_column_mean(float *restrict out, double *restrict sums, const float *restrict slice, size_t rows,
                               size_t columns) {
  column_sums(sums, slice, rows, columns);
  for (size_t c = 0; c < columns; c++) out[c] = (float)(sums[c] / (double)rows);
}

CLONES void kernel_column_deviation(float *restrict out, double *restrict means, double *restrict sums,
                                    const float *restrict slice, size_t rows, size_t columns) {
#pragma clang fp contract(fast)
  column_sums(means, slice, rows, columns);
  for (size_t c = 0; c < columns; c++) {
    means[c] /= (double)rows;
    sums[c] = 0;
  }
  for (size_t r = 0; r < rows; r++) {
    const float *row = slice + r * columns;
    for (size_t c = 0; c < columns; c++) {
      double difference = (double)row[c] - means[c];
      sums[c] += difference * difference;
    }
  }
  for (size_t c = 0; c < columns; c++) out[c] = (float)__builtin_sqrt(sums[c] / (double)rows);
}

static void sift_down(float *heap, size_t root, size_t count) {
  float value = heap[root];
  for (;;) {
    size_t child = 2 * root + 1;
    if (child >= count) break;
    if (child + 1 < count && heap[child + 1] > heap[child]) child++;
    if (!(heap[child] > value)) break;
    heap[root] = heap[child];
    root = child;
  }
  heap[root] = value;
}

// Heapsort: in place, and its worst case is as fast as its mean.
static void sort(float *values, size_t count) {
  for (size_t root = count / 2; root-- > 0;) sift_down(values, root, count);
  for (size_t end = count; end-- > 1;) {
    float greatest = values[0];
    values[0] = values[end];
    values[end] = greatest;
    sift_down(values, 0, end);
  }
}

void kernel_column_median(float *out, float *scratch, const float *slice, size_t rows, size_t columns) {
  for (size_t c = 0; c < columns; c++) {
    for (size_t r = 0; r < rows; r++) scratch[r] = slice[r * columns + c];
    sort(scratch, rows);
    size_t middle = rows / 2;
    out[c] = rows % 2 ? scratch[middle] : (float)(((double)scratch[middle - 1] + (double)scratch[middle]) / 2);
  }
}
