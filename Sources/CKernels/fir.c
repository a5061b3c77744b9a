#include "CKernels.h"
#include "clones.h"

// Sixteen sums run side by side for each output, and their order is written out: an output has the same bits on AVX2
// and AVX-512, alone and beside others.
typedef float lanes __attribute__((vector_size(64), aligned(4)));
typedef float half __attribute__((vector_size(32), aligned(4)));
typedef float quad __attribute__((vector_size(16), aligned(4)));

#define LANES 16
#define ROWS KERNEL_FIR_ROWS

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

#if defined(__x86_64__)
// All sums of two stretches at once: they take half of AVX-512's 32 registers.
__attribute__((target("arch=x86-64-v4"))) WIDE static void pair_in_lanes(float *restrict a_out, float *restrict b_out,
                                                                         const float *restrict rows, const float *a_in,
                                                                         const float *b_in, size_t width) {
#pragma clang fp contract(fast)
  lanes a_sums[ROWS] = {{0}}, b_sums[ROWS] = {{0}};
  for (size_t i = 0; i < width; i += LANES) {
    lanes a = *(const lanes *)(a_in + i), b = *(const lanes *)(b_in + i);
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r++) {
      lanes row = *(const lanes *)(rows + (size_t)r * width + i);
      a_sums[r] += row * a;
      b_sums[r] += row * b;
    }
  }
  half sums[ROWS];
  for (int r = 0; r < ROWS; r++) sums[r] = FOLD(a_sums[r]);
  store_sums(a_out, sums);
  for (int r = 0; r < ROWS; r++) sums[r] = FOLD(b_sums[r]);
  store_sums(b_out, sums);
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

CLONES static void pair_in_halves(float *restrict a_out, float *restrict b_out, const float *restrict rows,
                                  const float *a_in, const float *b_in, size_t width) {
  half a_low[ROWS], a_high[ROWS], b_low[ROWS], b_high[ROWS];
  half_pair(a_low, b_low, rows, a_in, b_in, width);
  half_pair(a_high, b_high, rows + LANES / 2, a_in + LANES / 2, b_in + LANES / 2, width);
  for (int r = 0; r < ROWS; r++) a_low[r] += a_high[r];
  for (int r = 0; r < ROWS; r++) b_low[r] += b_high[r];
  store_sums(a_out, a_low);
  store_sums(b_out, b_low);
}

CLONES WIDE void kernel_fir(float *restrict out, const float *restrict rows, const float *restrict in, size_t width) {
#pragma clang fp contract(fast)
  lanes sums[ROWS] = {{0}};
  for (size_t i = 0; i < width; i += LANES) {
    lanes x = *(const lanes *)(in + i);
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r++) sums[r] += *(const lanes *)(rows + (size_t)r * width + i) * x;
  }
  half folded[ROWS];
  for (int r = 0; r < ROWS; r++) folded[r] = FOLD(sums[r]);
  store_sums(out, folded);
}

void kernel_fir_pair(float *restrict a_out, float *restrict b_out, const float *restrict rows, const float *a_in,
                     const float *b_in, size_t width) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("x86-64-v4")) return pair_in_lanes(a_out, b_out, rows, a_in, b_in, width);
#endif
  pair_in_halves(a_out, b_out, rows, a_in, b_in, width);
}
