#include "CNetwork.h"
#include "../CKernels/clones.h"

CLONES void network_standardize(float *out, const float *in, const double *means, const double *factors,
                                size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = (float)(((double)in[i] - means[i]) * factors[i]);
}

CLONES void network_squares(double *out, const float *a, const float *b, double factor, size_t count) {
  for (size_t i = 0; i < count; i++) {
    double difference = (double)(a[i] - b[i]);
    out[i] = difference * difference * factor;
  }
}

CLONES void network_add_rows(double *out, const double *in, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t c = 0; c < columns; c++) out[c] += in[r * columns + c];
  }
}

CLONES void network_add_rows_float(double *out, const float *in, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t c = 0; c < columns; c++) out[c] += (double)in[r * columns + c];
  }
}
