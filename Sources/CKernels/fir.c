#include "CKernels.h"
#include "clones.h"

// Sixteen sums run side by side for each output, and their order is written out: an output has the same bits on AVX2
// and AVX-512, alone and beside others.
typedef float lanes __attribute__((vector_size(64), aligned(4)));
typedef float half __attribute__((vector_size(32), aligned(4)));
typedef float quad __attribute__((vector_size(16), aligned(4)));

#define LANES 16
#define ROWS KERNEL_FIR_ROWS
#define MOST_STRETCHES 5

#define FOLD(v)                                                \
  (__builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +     \
   __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15))

// Writes the sum of each row's eight lanes.
INLINED void store_sums(float *restrict out, const half rows[ROWS]) {
  quad sums[ROWS];
  for (int r = 0; r < ROWS; r++) {
    sums[r] = __builtin_shufflevector(rows[r], rows[r], 0, 1, 2, 3) +
              __builtin_shufflevector(rows[r], rows[r], 4, 5, 6, 7);
  }
  quad first = __builtin_shufflevector(sums[0], sums[1], 0, 4, 1, 5) +
               __builtin_shufflevector(sums[0], sums[1], 2, 6, 3, 7);
  quad second = __builtin_shufflevector(sums[2], sums[3], 0, 4, 1, 5) +
                __builtin_shufflevector(sums[2], sums[3], 2, 6, 3, 7);
  *(quad *)out = __builtin_shufflevector(first, second, 0, 1, 4, 5) +
                 __builtin_shufflevector(first, second, 2, 3, 6, 7);
}

// A stretch of samples for each output that is computed together, and where their results lie.
typedef struct stretches {
  float *out;
  size_t out_stride;
  const float *in;
  size_t in_stride;
} stretches;

INLINED void skip(stretches *at, size_t count) {
  at->out += count * at->out_stride;
  at->in += count * at->in_stride;
}

// All sums of `count` stretches at once, a compile-time constant.
INLINED void sum_in_lanes(const stretches *at, const float *restrict rows, size_t width, const size_t count) {
#pragma clang fp contract(fast)
  lanes sums[MOST_STRETCHES][ROWS] = {{{0}}};
  for (size_t i = 0; i < width; i += LANES) {
    lanes x[MOST_STRETCHES];
#pragma clang loop unroll(full)
    for (size_t s = 0; s < count; s++) x[s] = *(const lanes *)(at->in + s * at->in_stride + i);
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r++) {
      lanes row = *(const lanes *)(rows + (size_t)r * width + i);
#pragma clang loop unroll(full)
      for (size_t s = 0; s < count; s++) sums[s][r] += row * x[s];
    }
  }
#pragma clang loop unroll(full)
  for (size_t s = 0; s < count; s++) {
    half folded[ROWS];
    for (int r = 0; r < ROWS; r++) folded[r] = FOLD(sums[s][r]);
    store_sums(at->out + s * at->out_stride, folded);
  }
}

#if defined(__x86_64__)
// As many stretches share the loads of a row as AVX-512's 32 registers hold the sums of. Sums of one stretch alone would
// wait for each other.
__attribute__((target("arch=x86-64-v4"))) WIDE static void fir_in_lanes(stretches at, const float *restrict rows,
                                                                        size_t width, size_t count) {
  while (count > 0) {
    size_t part = count <= MOST_STRETCHES ? count : count >= 8 ? 4 : (count + 1) / 2;
    switch (part) {
      case 1: sum_in_lanes(&at, rows, width, 1); break;
      case 2: sum_in_lanes(&at, rows, width, 2); break;
      case 3: sum_in_lanes(&at, rows, width, 3); break;
      case 4: sum_in_lanes(&at, rows, width, 4); break;
      default: sum_in_lanes(&at, rows, width, 5); break;
    }
    skip(&at, part);
    count -= part;
  }
}
#endif

// The lower or upper eight lanes of each sum, `in` and `rows` from there on: as many as 16 vector registers hold.
INLINED void half_pair(half a_sums[ROWS], half b_sums[ROWS], const float *restrict rows, const float *a_in,
                       const float *b_in, size_t width) {
#pragma clang fp contract(fast)
  half a0 = {0}, a1 = {0}, a2 = {0}, a3 = {0}, b0 = {0}, b1 = {0}, b2 = {0}, b3 = {0};
  for (size_t i = 0; i < width; i += LANES) {
    half a = *(const half *)(a_in + i), b = *(const half *)(b_in + i);
    half row = *(const half *)(rows + i);
    a0 += row * a;
    b0 += row * b;
    row = *(const half *)(rows + width + i);
    a1 += row * a;
    b1 += row * b;
    row = *(const half *)(rows + 2 * width + i);
    a2 += row * a;
    b2 += row * b;
    row = *(const half *)(rows + 3 * width + i);
    a3 += row * a;
    b3 += row * b;
  }
  a_sums[0] = a0, a_sums[1] = a1, a_sums[2] = a2, a_sums[3] = a3;
  b_sums[0] = b0, b_sums[1] = b1, b_sums[2] = b2, b_sums[3] = b3;
}

INLINED void pair_in_halves(const stretches *at, const float *restrict rows, size_t width) {
  const float *a_in = at->in, *b_in = at->in + at->in_stride;
  half a_low[ROWS], a_high[ROWS], b_low[ROWS], b_high[ROWS];
  half_pair(a_low, b_low, rows, a_in, b_in, width);
  half_pair(a_high, b_high, rows + LANES / 2, a_in + LANES / 2, b_in + LANES / 2, width);
  for (int r = 0; r < ROWS; r++) a_low[r] += a_high[r];
  for (int r = 0; r < ROWS; r++) b_low[r] += b_high[r];
  store_sums(at->out, a_low);
  store_sums(at->out + at->out_stride, b_low);
}

CLONES static void fir_in_halves(stretches at, const float *restrict rows, size_t width, size_t count) {
  for (; count >= 2; count -= 2) {
    pair_in_halves(&at, rows, width);
    skip(&at, 2);
  }
  if (count > 0) sum_in_lanes(&at, rows, width, 1);
}

void kernel_fir(float *out, size_t out_stride, const float *rows, const float *in, size_t in_stride, size_t width,
                size_t count) {
  stretches at = {out, out_stride, in, in_stride};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("x86-64-v4")) return fir_in_lanes(at, rows, width, count);
#endif
  fir_in_halves(at, rows, width, count);
}
