// FFTW's execute functions are redeclared with the marks: they neither lock nor allocate (the planner does both).
#include <fftw3.h>

#define REALTIME_SAFE __attribute__((swift_attr("@_noLocks"))) __attribute__((swift_attr("@_noAllocation")))

REALTIME_SAFE static inline void realtime_fft_r2c(fftw_plan plan, double *in, double *out) {
  fftw_execute_dft_r2c(plan, in, (fftw_complex *)out);
}
REALTIME_SAFE static inline void realtime_fftf_r2c(fftwf_plan plan, float *in, float *out) {
  fftwf_execute_dft_r2c(plan, in, (fftwf_complex *)out);
}
REALTIME_SAFE static inline void realtime_fftf_c2c(fftwf_plan plan, float *in, float *out) {
  fftwf_execute_dft(plan, (fftwf_complex *)in, (fftwf_complex *)out);
}
