#include <string.h>

#include "CNetwork.h"
#include "../CKernels/clones.h"
#include "registers.h"

// 16 rows side by side, whatever the CPU's registers hold: each sum is one chain over the columns, so that its order
// depends on nothing else. Rows, and tokens that wait, only add chains beside it.
typedef float lanes __attribute__((ext_vector_type(NETWORK_ROWS), aligned(4)));

void network_pack_dense_float(float *packed, const float *weights, size_t rows, size_t columns) {
  for (size_t block = 0; block < rows; block += NETWORK_ROWS) {
    for (size_t k = 0; k < columns; k++) {
      for (size_t r = block; r < block + NETWORK_ROWS; r++) *packed++ = r < rows ? weights[r * columns + k] : 0;
    }
  }
}

/// Where a tile reads and writes.
typedef struct tile {
  float *out;
  const float *weights;
  const float *bias;
  const float *in;
  size_t out_stride;
  size_t bias_stride;
  size_t in_stride;
  size_t columns;
  /// Rows that are left from the first one of the tile on.
  size_t rows;
  int is_rectified;
} tile;

/// `blocks` times 16 rows for `tokens` tokens; both are compile-time constants.
INLINED void sum_tile(const tile *at, const size_t blocks, const size_t tokens) {
#pragma clang fp contract(fast)
  const float *in = at->in, *weights = at->weights;
  const size_t in_stride = at->in_stride, columns = at->columns, block = columns * NETWORK_ROWS;
  lanes sums[4][4];
#pragma unroll
  for (size_t b = 0; b < blocks; b++) {
#pragma unroll
    for (size_t t = 0; t < tokens; t++) {
      sums[b][t] = *(const lanes *)(at->bias + t * at->bias_stride + b * NETWORK_ROWS);
    }
  }
  for (size_t k = 0; k < columns; k++) {
#pragma unroll
    for (size_t b = 0; b < blocks; b++) {
      lanes weight = *(const lanes *)(weights + b * block + k * NETWORK_ROWS);
#pragma unroll
      for (size_t t = 0; t < tokens; t++) sums[b][t] += weight * (lanes)in[t * in_stride + k];
    }
  }
#pragma unroll
  for (size_t b = 0; b < blocks; b++) {
    size_t left = at->rows - b * NETWORK_ROWS;
#pragma unroll
    for (size_t t = 0; t < tokens; t++) {
      lanes sum = sums[b][t];
      if (at->is_rectified) sum = sum > 0 ? sum : 0;
      float *out = at->out + t * at->out_stride + b * NETWORK_ROWS;
      if (left >= NETWORK_ROWS) {
        *(lanes *)out = sum;
      } else {
        memcpy(out, &sum, left * sizeof(float));
      }
    }
  }
}

INLINED void next_rows(tile *at, size_t blocks) {
  at->out += blocks * NETWORK_ROWS;
  at->weights += blocks * NETWORK_ROWS * at->columns;
  at->bias += blocks * NETWORK_ROWS;
  at->rows -= at->rows < blocks * NETWORK_ROWS ? at->rows : blocks * NETWORK_ROWS;
}

/// All rows for `tokens` tokens: `many` blocks a tile as long as there are so many, then one.
INLINED void sum_rows(tile at, const size_t many, const size_t tokens) {
  while (at.rows > (many - 1) * NETWORK_ROWS) {
    sum_tile(&at, many, tokens);
    next_rows(&at, many);
  }
  while (at.rows > 0) {
    sum_tile(&at, 1, tokens);
    next_rows(&at, 1);
  }
}

INLINED void next_tokens(tile *at, size_t tokens) {
  at->out += tokens * at->out_stride;
  at->bias += tokens * at->bias_stride;
  at->in += tokens * at->in_stride;
}

WHOLE_VECTORS CLONES void network_dense_float(float *out, const float *packed, const float *bias, size_t bias_stride,
                                              const float *in, size_t tokens, size_t rows, size_t columns,
                                              int is_rectified) {
  tile at = {out, packed, bias, in, rows, bias_stride, columns, columns, rows, is_rectified};
  const int is_wide = has_wide_registers();
  for (; tokens >= 4; tokens -= 4) {
    if (is_wide) sum_rows(at, 4, 4);
    else sum_rows(at, 1, 4);
    next_tokens(&at, 4);
  }
  if (tokens >= 2) {
    sum_rows(at, 2, 2);
    next_tokens(&at, 2);
  }
  if (tokens % 2 == 1) sum_rows(at, 4, 1);
}
