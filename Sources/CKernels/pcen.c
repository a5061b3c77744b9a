#include <float.h>
#include <math.h>

#include "CKernels.h"

// Double after the smoothing, as in librosa. libm's functions limit the speed (about 70 ns a value), so there are no
// clones.
static double compress(double value, double smooth, const kernel_pcen_constants *k) {
  double level = exp(-k->gain * (log(k->eps) + log1p(smooth / k->eps)));
  if (k->power == 0) return log1p(value * level);
  if (k->bias == 0) return exp(k->power * (log(value) + log(level)));
  return pow(k->bias, k->power) * expm1(k->power * log1p(value * level / k->bias));
}

void kernel_pcen(float *restrict out, const float *restrict in, double *restrict smooth,
                 const kernel_pcen_constants *restrict constants, size_t count) {
  for (size_t i = 0; i < count; i++) {
    // An energy: values that are negative or not finite count as 0, and do not stay in the state.
    double value = in[i] > 0 && in[i] <= FLT_MAX ? constants->scale * (double)in[i] : 0;
    smooth[i] = constants->smoothing * value + (1 - constants->smoothing) * smooth[i];
    out[i] = (float)compress(value, smooth[i], constants);
  }
}
