#include <string.h>

#include "CKernels.h"
#include "clones.h"

#define BITS 0x0f
#define SHARE 0xf0
#define SHIFT 4
#define BLOCK 32

typedef uint8_t lanes __attribute__((vector_size(BLOCK)));

INLINED int are(const uint8_t *restrict marks, uint8_t value, size_t count) {
  uint8_t difference = 0;
  for (size_t i = 0; i < count; i++) difference |= marks[i] ^ value;
  return difference == 0;
}

CLONES int kernel_marks_are(const uint8_t *restrict marks, uint8_t value, size_t count) {
  for (; count >= BLOCK; count -= BLOCK, marks += BLOCK) {
    if (!are(marks, value, BLOCK)) return 0;
  }
  return are(marks, value, count);
}

CLONES size_t kernel_marks_last_other(const uint8_t *restrict marks, uint8_t value, size_t count) {
  while (count >= BLOCK && are(marks + count - BLOCK, value, BLOCK)) count -= BLOCK;
  while (count > 0 && marks[count - 1] == value) count--;
  return count;
}

CLONES void kernel_marks_merge(uint8_t *restrict marks, const uint8_t *restrict more, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint8_t a = marks[i] & SHARE, b = more[i] & SHARE;
    marks[i] = (uint8_t)(((marks[i] | more[i]) & BITS) | (a < b ? a : b));
  }
}

CLONES uint64_t kernel_marks_gather(const uint8_t *restrict marks, uint8_t *restrict bits, size_t count) {
  lanes found = {0};
  uint64_t shares = 0;
  while (count >= BLOCK) {
    // A lane has room for 17 shares.
    size_t blocks = count / BLOCK < 17 ? count / BLOCK : 17;
    lanes sums = {0};
    for (size_t b = 0; b < blocks; b++) {
      lanes block;
      memcpy(&block, marks + b * BLOCK, BLOCK);
      found |= block;
      sums += block >> SHIFT;
    }
    for (int i = 0; i < BLOCK; i++) shares += sums[i];
    marks += blocks * BLOCK;
    count -= blocks * BLOCK;
  }
  uint8_t all = *bits;
  for (int i = 0; i < BLOCK; i++) all |= found[i];
  for (size_t i = 0; i < count; i++) {
    all |= marks[i];
    shares += marks[i] >> SHIFT;
  }
  *bits = all;
  return shares;
}
