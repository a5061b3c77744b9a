#include "CNetwork.h"
#include "../CKernels/clones.h"

typedef float lanes __attribute__((ext_vector_type(16), aligned(4)));
typedef float half_lanes __attribute__((ext_vector_type(8), aligned(4)));

INLINED float greater(float a, float b) { return b > a ? b : a; }

/// Pools two rows; `upper` and `lower` may be the same.
INLINED void pool_row(float *restrict out, const float *upper, const float *lower, size_t columns, size_t out_columns) {
  size_t whole = columns / 2 < out_columns ? columns / 2 : out_columns, i = 0;
  for (; i + 8 <= whole; i += 8) {
    lanes a = *(const lanes *)(upper + 2 * i), b = *(const lanes *)(lower + 2 * i);
    half_lanes top = a.odd > a.even ? a.odd : a.even, bottom = b.odd > b.even ? b.odd : b.even;
    *(half_lanes *)(out + i) = bottom > top ? bottom : top;
  }
  for (; i < whole; i++) {
    out[i] = greater(greater(upper[2 * i], upper[2 * i + 1]), greater(lower[2 * i], lower[2 * i + 1]));
  }
  // A square that exceeds the edge.
  for (; i < out_columns; i++) out[i] = greater(upper[2 * i], lower[2 * i]);
}

CLONES void network_pool_planes_float(float *out, const float *planes, size_t plane, size_t stride, size_t channels,
                                      size_t rows, size_t columns, size_t out_rows, size_t out_columns) {
  for (size_t c = 0; c < channels; c++) {
    for (size_t r = 0; r < out_rows; r++) {
      const float *upper = planes + c * plane + 2 * r * stride;
      // Where the square exceeds the edge, use the row before: it is never larger than itself.
      const float *lower = 2 * r + 1 < rows ? upper + stride : upper;
      pool_row(out + (c * out_rows + r) * out_columns, upper, lower, columns, out_columns);
    }
  }
}
