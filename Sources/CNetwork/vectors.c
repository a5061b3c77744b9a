#include <math.h>
#include <string.h>

#include "CNetwork.h"
#include "../CKernels/clones.h"

/// exp(x) to 2 units in the last place, in steps that the compiler can vectorise: 2^n times a polynomial of the
/// rest, which lies in [-ln 2 / 2, ln 2 / 2] (coefficients of the Cephes library's expf).
INLINED float exponential(float x) {
#pragma clang fp contract(fast)
  x = x < -87 ? -87 : x > 88 ? 88 : x;
  // Adding and subtracting 1.5 * 2^23 rounds to a whole number.
  float whole = (x * 1.44269504088896341f + 12582912.0f) - 12582912.0f;
  float rest = (x - whole * 0.693359375f) + whole * 2.12194440e-4f;
  float sum = 1.9875691500e-4f;
  sum = sum * rest + 1.3981999507e-3f;
  sum = sum * rest + 8.3334519073e-3f;
  sum = sum * rest + 4.1665795894e-2f;
  sum = sum * rest + 1.6666665459e-1f;
  sum = sum * rest + 5.0000001201e-1f;
  sum = sum * rest * rest + rest + 1;
  union {
    int32_t bits;
    float power;
  } scale = {((int32_t)whole + 127) << 23};
  return sum * scale.power;
}

#define REAL float
#define NETWORK(name) network_##name##_float
#define EXP exponential
// Unlike sqrtf it sets no errno, so the compiler can vectorise it.
#define SQRT __builtin_elementwise_sqrt
#define SIDE_BY_SIDE _Pragma("clang loop vectorize(assume_safety)")
#include "vectors.inc"
#undef REAL
#undef NETWORK
#undef EXP
#undef SQRT
#undef SIDE_BY_SIDE

#define REAL double
#define NETWORK(name) network_##name##_double
#define EXP exp
#define SQRT __builtin_elementwise_sqrt
// exp is the library's, one value at a time.
#define SIDE_BY_SIDE
#include "vectors.inc"
