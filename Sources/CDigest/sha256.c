#include "CDigest.h"
#include "constants.h"

static uint32_t rotate(uint32_t word, int count) { return (word >> count) | (word << (32 - count)); }

static void schedule(uint32_t *words, const uint8_t *block) {
  for (int i = 0; i < 16; i++, block += 4) {
    words[i] = (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 | (uint32_t)block[2] << 8 | block[3];
  }
  for (int i = 16; i < 64; i++) {
    uint32_t a = words[i - 15], b = words[i - 2];
    uint32_t first = rotate(a, 7) ^ rotate(a, 18) ^ (a >> 3);
    uint32_t second = rotate(b, 17) ^ rotate(b, 19) ^ (b >> 10);
    words[i] = words[i - 16] + first + words[i - 7] + second;
  }
}

static void compress(uint32_t *state, const uint32_t *words) {
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
  for (int i = 0; i < 64; i++) {
    uint32_t first = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + constants[i] + words[i];
    uint32_t second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + first, d = c, c = b, b = a, a = first + second;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

void digest_sha256_plain(uint32_t *state, const uint8_t *blocks, size_t count) {
  for (; count > 0; count--, blocks += DIGEST_BLOCK) {
    uint32_t words[64];
    schedule(words, blocks);
    compress(state, words);
  }
}

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

/// SHA extensions, and the SSE4.1 that the loop uses beside them.
static int has_instructions(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1) || !(c & bit_SSSE3)) return 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

// Each instruction does two rounds on the state in the order ABEF, CDGH; four words of the schedule lie in a register.
__attribute__((target("sha,sse4.1,ssse3"))) static void compress_blocks(uint32_t *state, const uint8_t *blocks,
                                                                        size_t count) {
  const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
  __m128i abcd = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xb1);
  __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1b);
  __m128i abef = _mm_alignr_epi8(abcd, efgh, 8), cdgh = _mm_blend_epi16(efgh, abcd, 0xf0);
  for (; count > 0; count--, blocks += DIGEST_BLOCK) {
    __m128i before_abef = abef, before_cdgh = cdgh, words[4];
    for (int i = 0; i < 4; i++) {
      words[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(blocks + 16 * i)), order);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i++) {
      __m128i now = words[i & 3];
      __m128i sum = _mm_add_epi32(now, _mm_loadu_si128((const __m128i *)(constants + 4 * i)));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
      __m128i last = words[(i + 3) & 3], seven = _mm_alignr_epi8(last, words[(i + 2) & 3], 4);
      words[i & 3] = _mm_sha256msg2_epu32(
          _mm_add_epi32(_mm_sha256msg1_epu32(now, words[(i + 1) & 3]), seven), last);
    }
    abef = _mm_add_epi32(abef, before_abef);
    cdgh = _mm_add_epi32(cdgh, before_cdgh);
  }
  __m128i feba = _mm_shuffle_epi32(abef, 0x1b), dchg = _mm_shuffle_epi32(cdgh, 0xb1);
  _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

void digest_sha256(uint32_t *state, const uint8_t *blocks, size_t count) {
  if (has_instructions()) return compress_blocks(state, blocks, count);
  digest_sha256_plain(state, blocks, count);
}

#else

void digest_sha256(uint32_t *state, const uint8_t *blocks, size_t count) { digest_sha256_plain(state, blocks, count); }

#endif
