#include <float.h>
#include <string.h>

#include "CKernels.h"
#include "clones.h"

// NaN counts as 0, infinity as the largest float.
INLINED float counted(float x) {
  if (x != x) return 0;
  if (x > FLT_MAX) return FLT_MAX;
  return x < -FLT_MAX ? -FLT_MAX : x;
}

CLONES double kernel_mean(const float *in, size_t count) {
  double lanes[8] = {0};
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    for (int l = 0; l < 8; l++) lanes[l] += (double)counted(in[i + l]);
  }
  for (int l = 0; i < count; i++, l++) lanes[l] += (double)counted(in[i]);
  double sum = 0;
  for (int l = 0; l < 8; l++) sum += lanes[l];
  return count ? sum / (double)count : 0;
}

// Maps floats to whole numbers in the same order, and back.
INLINED uint32_t key_of(float x) {
  float value = counted(x);
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

static float value_of(uint32_t key) {
  uint32_t bits = key & 0x80000000u ? key & 0x7fffffffu : ~key;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

// Radix selection, 11 bits at a time: always three passes over the values. `equal` gets the number of values, at `rank`
// or after it, that equal the result.
static uint32_t select_rank(const float *in, size_t count, size_t rank, size_t *equal) {
  uint32_t places[2048];
  uint32_t found = 0, known = 0;
  const int shifts[3] = {21, 10, 0};
  for (int pass = 0; pass < 3; pass++) {
    int shift = shifts[pass];
    uint32_t least = pass == 2 ? 1023 : 2047;
    memset(places, 0, sizeof places);
    for (size_t i = 0; i < count; i++) {
      uint32_t key = key_of(in[i]);
      if ((key & known) == found) places[key >> shift & least]++;
    }
    uint32_t place = 0;
    while (place < least && rank >= places[place]) rank -= places[place++];
    found |= place << shift;
    known |= least << shift;
    *equal = places[place];
  }
  *equal -= rank;
  return found;
}

double kernel_median(const float *in, size_t count) {
  if (count == 0) return 0;
  size_t equal = 0;
  uint32_t low = select_rank(in, count, (count - 1) / 2, &equal);
  if (count % 2 || equal > 1) return value_of(low);
  // The least of those above; by their keys, because a comparison of floats flushes some of them to zero.
  uint32_t high = UINT32_MAX;
  for (size_t i = 0; i < count; i++) {
    uint32_t key = key_of(in[i]);
    if (key > low && key < high) high = key;
  }
  return ((double)value_of(low) + (double)value_of(high)) / 2;
}
