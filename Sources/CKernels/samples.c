#include <string.h>

#include "CKernels.h"
#include "clones.h"

// Patterns of non-negative floats have the order of the numbers.
#define MAGNITUDE 0x7fffffff
#define INFINITE 0x7f800000

INLINED int32_t clean(int32_t bits, int32_t limit) {
  int32_t magnitude = bits & MAGNITUDE;
  int32_t bounded = magnitude > limit ? (bits & ~MAGNITUDE) | limit : bits;
  return magnitude >= INFINITE ? 0 : bounded;
}

CLONES void kernel_clean(float *restrict out, const float *restrict in, float limit, size_t count) {
  int32_t most;
  memcpy(&most, &limit, sizeof most);
  for (size_t i = 0; i < count; i++) {
    int32_t bits;
    memcpy(&bits, in + i, sizeof bits);
    bits = clean(bits, most);
    memcpy(out + i, &bits, sizeof bits);
  }
}

#define BLOCK 32

// Whether all samples of a block sound and none is clipped: the ordinary case, which leaves them as they are.
INLINED int are_ordinary(const float *restrict in, int32_t sounding, int32_t clipped) {
  int32_t unusual = 0;
  for (int i = 0; i < BLOCK; i++) {
    int32_t bits;
    memcpy(&bits, in + i, sizeof bits);
    int32_t magnitude = bits & MAGNITUDE;
    unusual |= (magnitude < sounding) | (magnitude >= clipped);
  }
  return !unusual;
}

INLINED void clean_and_mark(float *restrict out, uint8_t *restrict marks, const float *restrict in,
                            const kernel_marks *restrict rule, size_t count) {
  const int32_t limit = rule->limit, sounding = rule->sounding, clipped = rule->clipped;
  const int32_t always = rule->always, sound = rule->sound, clip = rule->clip;
  for (size_t i = 0; i < count; i++) {
    int32_t bits;
    memcpy(&bits, in + i, sizeof bits);
    int32_t result = clean(bits, limit);
    memcpy(out + i, &result, sizeof result);
    int32_t sounds = (result & MAGNITUDE) >= sounding ? sound : 0;
    int32_t clips = (bits & MAGNITUDE) >= clipped ? clip : 0;
    marks[i] = (uint8_t)(always | sounds | clips);
  }
}

CLONES void kernel_clean_and_mark(float *restrict out, uint8_t *restrict marks, const float *restrict in,
                                  const kernel_marks *restrict rule, size_t count) {
  const int32_t clipped = rule->clipped < rule->limit ? rule->clipped : rule->limit + 1;
  size_t i = 0;
  for (; i + BLOCK <= count; i += BLOCK) {
    if (are_ordinary(in + i, rule->sounding, clipped)) {
      memcpy(out + i, in + i, BLOCK * sizeof *out);
      memset(marks + i, rule->always | rule->sound, BLOCK);
    } else {
      clean_and_mark(out + i, marks + i, in + i, rule, BLOCK);
    }
  }
  clean_and_mark(out + i, marks + i, in + i, rule, count - i);
}

#define LANES 16

CLONES kernel_level_sums kernel_level(const float *restrict in, float before, size_t count) {
  float squares[LANES] = {0}, greatest[LANES] = {0};
  int32_t moves[LANES] = {0};
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    for (int l = 0; l < LANES; l++) {
      float sample = in[i + l], magnitude = __builtin_fabsf(sample);
      squares[l] += sample * sample;
      greatest[l] = magnitude > greatest[l] ? magnitude : greatest[l];
      moves[l] |= sample != before ? -1 : 0;
    }
  }
  for (int l = 0; i < count; i++, l++) {
    float magnitude = __builtin_fabsf(in[i]);
    squares[l] += in[i] * in[i];
    greatest[l] = magnitude > greatest[l] ? magnitude : greatest[l];
    moves[l] |= in[i] != before;
  }
#pragma clang loop unroll(full)
  for (int half = LANES / 2; half > 0; half /= 2) {
    for (int l = 0; l < half; l++) {
      squares[l] += squares[l + half];
      greatest[l] = greatest[l + half] > greatest[l] ? greatest[l + half] : greatest[l];
      moves[l] |= moves[l + half];
    }
  }
  return (kernel_level_sums){squares[0], greatest[0], moves[0] & 1};
}

#define WIDTH 32

// A product with 0 is 0 for finite values, and NaN for all others.
CLONES int kernel_are_finite(const float *in, size_t count) {
  float sums[WIDTH] = {0};
  size_t i = 0;
  for (; i + WIDTH <= count; i += WIDTH) {
    for (int l = 0; l < WIDTH; l++) sums[l] += in[i + l] * 0.0f;
  }
  for (int l = 0; i < count; i++, l++) sums[l] += in[i] * 0.0f;
#pragma clang loop unroll(full)
  for (int half = WIDTH / 2; half > 0; half /= 2) {
    for (int l = 0; l < half; l++) sums[l] += sums[l + half];
  }
  return sums[0] == 0;
}

typedef float row __attribute__((vector_size(32), aligned(4)));

// Transposes 8 frames of 8 channels.
INLINED void deinterleave_block(float *restrict out, size_t stride, const float *restrict in, size_t channels) {
  row a[8], b[8];
  for (int r = 0; r < 8; r++) a[r] = *(const row *)(in + (size_t)r * channels);
  for (int r = 0; r < 8; r += 2) {
    b[r] = __builtin_shufflevector(a[r], a[r + 1], 0, 8, 2, 10, 4, 12, 6, 14);
    b[r + 1] = __builtin_shufflevector(a[r], a[r + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  }
  for (int r = 0; r < 8; r += 4) {
    for (int h = 0; h < 2; h++) {
      a[r + h] = __builtin_shufflevector(b[r + h], b[r + h + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      a[r + h + 2] = __builtin_shufflevector(b[r + h], b[r + h + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  }
  for (int r = 0; r < 4; r++) {
    *(row *)(out + (size_t)r * stride) = __builtin_shufflevector(a[r], a[r + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    *(row *)(out + (size_t)(r + 4) * stride) = __builtin_shufflevector(a[r], a[r + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

INLINED void deinterleave_channel(float *restrict out, const float *restrict in, size_t channels, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = in[i * channels];
}

CLONES void kernel_deinterleave(float *restrict out, size_t stride, const float *restrict in, size_t channels,
                                size_t taken, size_t count) {
  if (channels == 1) {
    if (taken) memcpy(out, in, count * sizeof *out);
    return;
  }
  if (channels == 2 && taken == 2) {
    for (size_t i = 0; i < count; i++) {
      out[i] = in[2 * i];
      out[stride + i] = in[2 * i + 1];
    }
    return;
  }
  size_t blocked = taken / 8 * 8, whole = count / 8 * 8;
  for (size_t i = 0; i < whole; i += 8) {
    for (size_t c = 0; c < blocked; c += 8) {
      deinterleave_block(out + c * stride + i, stride, in + i * channels + c, channels);
    }
  }
  for (size_t c = 0; c < taken; c++) {
    size_t done = c < blocked ? whole : 0;
    deinterleave_channel(out + c * stride + done, in + done * channels + c, channels, count - done);
  }
}

CLONES void kernel_encode_pcm(uint8_t *restrict out, size_t stride, size_t width, const float *restrict in,
                              size_t count) {
  for (size_t i = 0; i < count; i++) {
    double scaled = in[i] == in[i] ? (double)in[i] * 0x1p31 : 0;
    scaled = scaled > -0x1p31 ? scaled : -0x1p31;
    scaled = scaled < 0x1p31 - 1 ? scaled : 0x1p31 - 1;
    int32_t value = (int32_t)__builtin_rint(scaled);
    for (size_t byte = 0; byte < width; byte++) out[i * stride + byte] = (uint8_t)(value >> (32 - 8 * (width - byte)));
  }
}
