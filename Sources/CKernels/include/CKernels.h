// Hot loops in wider vectors than SwiftPM's baseline: built for several CPUs, picked by the loader.
//
// Every function only computes on memory that the caller owns: none locks, allocates or makes a system call. Arrays of
// one call do not overlap unless the text says so. Two rules keep results independent of how audio was cut into cycles:
//   - kernels over samples (their first sample may lie anywhere) do the same operations, rounded alike, for every
//     sample, whichever lane or tail of the loop it falls into;
//   - kernels over the values of one token sum in an order that depends on the token's shape alone.

#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#define KERNEL_SAFE __attribute__((swift_attr("@_noLocks"))) __attribute__((swift_attr("@_noAllocation")))
#else
#define KERNEL_SAFE
#endif

// ---------------------------------------------------------------------------------------------------------------------
// Sums
// ---------------------------------------------------------------------------------------------------------------------

/// Sum of a[i] * b[i]. The order of the sum depends on the CPU's vectors, never on anything else.
KERNEL_SAFE float kernel_dot(const float *_Nonnull a, const float *_Nonnull b, size_t count);

/// Outputs of a filter that are computed together.
#define KERNEL_FIR_ROWS 4
/// A row's coefficients are a multiple of this.
#define KERNEL_FIR_LANES 16

/// out[s * out_stride + r] = sum over i < width of rows[r * width + i] * in[s * in_stride + i], for r < KERNEL_FIR_ROWS
/// and s < count. The stretches of samples may overlap. Each result has the same bits whatever `count` is.
KERNEL_SAFE void kernel_fir(float *_Nonnull out, size_t out_stride, const float *_Nonnull rows,
                            const float *_Nonnull in, size_t in_stride, size_t width, size_t count);

// ---------------------------------------------------------------------------------------------------------------------
// Distances
// ---------------------------------------------------------------------------------------------------------------------

/// Sum of (a[i] - b[i])^2, in blocks of single precision.
KERNEL_SAFE double kernel_squared_distance(const float *_Nonnull a, const float *_Nonnull b, size_t count);
/// Sum of (a[i] - b[i])^2.
KERNEL_SAFE double kernel_distance_double(const double *_Nonnull a, const double *_Nonnull b, size_t count);
/// Sum of (a[i] - b[i])^2 * weights[i].
KERNEL_SAFE double kernel_weighted_distance(const double *_Nonnull a, const double *_Nonnull b,
                                            const double *_Nonnull weights, size_t count);
/// Sum of a[i] * b[i].
KERNEL_SAFE double kernel_dot_double(const double *_Nonnull a, const double *_Nonnull b, size_t count);
/// Values that `kernel_products` takes together: `width` must be a multiple of it.
#define KERNEL_LANES 8
/// out[r * others_count + o] = sum of rows[r][i] * others[o * width + i], in single precision. Each sum adds every
/// KERNEL_LANES-th product in order, and then the lanes.
KERNEL_SAFE void kernel_products(float *_Nonnull out, const float *_Nonnull const *_Nonnull rows, size_t count,
                                 const float *_Nonnull others, size_t others_count, size_t width);
/// out[o] = sum of (a[i] - others[o * width + i])^2.
KERNEL_SAFE void kernel_distances(double *_Nonnull out, const double *_Nonnull a, const double *_Nonnull others,
                                  size_t count, size_t width);
/// sums[i] += factor * values[i].
KERNEL_SAFE void kernel_add_scaled(double *_Nonnull sums, const double *_Nonnull values, double factor, size_t count);
/// out[i] = (in[i] - means[i]) * scales[i], rounded to single precision at the end.
KERNEL_SAFE void kernel_standardize_narrow(float *_Nonnull out, const float *_Nonnull in,
                                           const double *_Nonnull means, const double *_Nonnull scales, size_t count);
/// out[i] = (in[i] - means[i]) * scales[i].
KERNEL_SAFE void kernel_standardize(double *_Nonnull out, const float *_Nonnull in, const double *_Nonnull means,
                                    const double *_Nonnull scales, size_t count);

// ---------------------------------------------------------------------------------------------------------------------
// Samples in and out
// ---------------------------------------------------------------------------------------------------------------------

/// out[i] = in[i]; 0 where that is not finite, +-limit where it is beyond.
KERNEL_SAFE void kernel_clean(float *_Nonnull out, const float *_Nonnull in, float limit, size_t count);

/// How samples are marked. Levels are the bit patterns of floats that are not negative.
typedef struct kernel_marks {
  int32_t limit;     // as in kernel_clean
  int32_t sounding;  // a sample of this magnitude gets the mark `sound`, ...
  int32_t clipped;   // ... and of this magnitude before it was cleaned the mark `clip`
  uint8_t always;    // marks of every sample
  uint8_t sound;
  uint8_t clip;
} kernel_marks;

/// As kernel_clean, with the marks of each sample.
KERNEL_SAFE void kernel_clean_and_mark(float *_Nonnull out, uint8_t *_Nonnull marks, const float *_Nonnull in,
                                       const kernel_marks *_Nonnull rule, size_t count);

/// What an input's level is computed from.
typedef struct kernel_level_sums {
  float square;    // sum of the squares, in 16 interleaved sums that are added at the end
  float greatest;  // largest magnitude; NaN is left out
  int32_t moves;   // whether a sample differs from the one before the first
} kernel_level_sums;

/// The level of in[0 ..< count], which follows the sample `before`.
KERNEL_SAFE kernel_level_sums kernel_level(const float *_Nonnull in, float before, size_t count);

/// out[c * stride + i] = in[i * channels + c], for c < taken, at most `channels`.
KERNEL_SAFE void kernel_deinterleave(float *_Nonnull out, size_t stride, const float *_Nonnull in, size_t channels,
                                     size_t taken, size_t count);

/// Integers of `width` bytes (2 to 4), little-endian, from out[i * stride] on: full scale is 1; clipped; NaN is 0.
KERNEL_SAFE void kernel_encode_pcm(uint8_t *_Nonnull out, size_t stride, size_t width, const float *_Nonnull in,
                                   size_t count);

// ---------------------------------------------------------------------------------------------------------------------
// Marks: one byte each, four bits and a share of silence (AUSCULT_MARK_*)
// ---------------------------------------------------------------------------------------------------------------------

/// Whether all marks have this value.
KERNEL_SAFE int kernel_marks_are(const uint8_t *_Nonnull marks, uint8_t value, size_t count);
/// How many marks there are up to the last one that has another value, that one included; 0: all have the value.
KERNEL_SAFE size_t kernel_marks_last_other(const uint8_t *_Nonnull marks, uint8_t value, size_t count);
/// In place: the bits of both, and the smaller share.
KERNEL_SAFE void kernel_marks_merge(uint8_t *_Nonnull marks, const uint8_t *_Nonnull more, size_t count);
/// Adds the bits (and shares) of all marks to `bits` by or. Returns the sum of the shares.
KERNEL_SAFE uint64_t kernel_marks_gather(const uint8_t *_Nonnull marks, uint8_t *_Nonnull bits, size_t count);

// ---------------------------------------------------------------------------------------------------------------------
// Samples to spectra
// ---------------------------------------------------------------------------------------------------------------------

/// out[i] = in[i] * factor.
KERNEL_SAFE void kernel_multiply(float *_Nonnull out, const float *_Nonnull in, float factor, size_t count);

/// out[i] = in[i] - coefficient * in[i - 1], with `before` as in[-1].
KERNEL_SAFE void kernel_pre_emphasis(float *_Nonnull out, const float *_Nonnull in, float before, float coefficient,
                                     size_t count);

/// out[i] = samples[i] * window[i].
KERNEL_SAFE void kernel_window(float *_Nonnull out, const float *_Nonnull samples, const float *_Nonnull window,
                               size_t count);
/// The same, computed and stored in double.
KERNEL_SAFE void kernel_window_double(double *_Nonnull out, const float *_Nonnull samples,
                                      const double *_Nonnull window, size_t count);
/// out[i] = in[i], rounded.
KERNEL_SAFE void kernel_narrow(float *_Nonnull out, const double *_Nonnull in, size_t count);

/// Turns the transform Z [half pairs of re and im] of x[2n] + i x[2n + 1] into that of the real x [half + 1 pairs], in
/// place. For k from 0 to (half - 1) / 2: `cosines` holds c / 2 and -c / 2, `sines` holds -s / 2 twice, where c and s are
/// of the angle pi k / half.
KERNEL_SAFE void kernel_real_spectrum(float *_Nonnull spectrum, const float *_Nonnull cosines,
                                      const float *_Nonnull sines, size_t half);

/// out[k] = re^2 + im^2 of `spectrum`, `bins` pairs of re and im.
KERNEL_SAFE void kernel_power(float *_Nonnull out, const float *_Nonnull spectrum, size_t bins);
/// out[k] = sqrt(re^2 + im^2).
KERNEL_SAFE void kernel_magnitude(float *_Nonnull out, const float *_Nonnull spectrum, size_t bins);

// ---------------------------------------------------------------------------------------------------------------------
// Filter banks
// ---------------------------------------------------------------------------------------------------------------------

/// Weights that a band reads together: rows of a sparse filter bank are padded with zeros to a multiple of it.
#define KERNEL_BAND_LANES 8
/// Bands that are summed together, each by as many blocks as the longest of them has.
#define KERNEL_BAND_GROUP 4

/// KERNEL_BAND_GROUP rows of a sparse filter bank; band g has weights for the values from `start[g]` on. From `offset` on
/// lie `blocks` times KERNEL_BAND_LANES weights of band 0, as many of band 1, and so on. Bands after the last are zeros.
typedef struct kernel_band_group {
  uint32_t start[KERNEL_BAND_GROUP];
  uint32_t blocks;
  uint32_t offset;
} kernel_band_group;

/// out[b] = sum over band b of weight * value, for `count` bands; a band's bits do not depend on those beside it.
/// `values` must be readable, and finite, up to the last block's end, which may lie beyond the spectrum.
KERNEL_SAFE void kernel_bands(float *_Nonnull out, const float *_Nonnull values,
                              const kernel_band_group *_Nonnull groups, const float *_Nonnull weights, size_t count);

// ---------------------------------------------------------------------------------------------------------------------
// Levels
// ---------------------------------------------------------------------------------------------------------------------

/// out[i] = 10 log10(max(floor, in[i])) - reference, in dB; floor is at least 1e-37. NaN counts as the floor, infinity
/// as the largest float. Within one float rounding (4e-6 at 100 dB) of the exact value.
KERNEL_SAFE void kernel_decibel(float *_Nonnull out, const float *_Nonnull in, float floor, float reference,
                                size_t count);
/// Whether all values are finite: neither NaN nor infinity.
KERNEL_SAFE int kernel_are_finite(const float *_Nonnull in, size_t count);
/// out[i] = in[i] where it is finite, else `otherwise`.
KERNEL_SAFE void kernel_finite(float *_Nonnull out, const float *_Nonnull in, float otherwise, size_t count);

/// In place: (x - low) / range.
KERNEL_SAFE void kernel_scale(float *_Nonnull values, float low, float range, size_t count);
/// In place: (x - low) / range, with a low and a range for each value.
KERNEL_SAFE void kernel_scale_each(float *_Nonnull values, const float *_Nonnull low, const float *_Nonnull range,
                                   size_t count);
/// In place: min(high, max(low, x)).
KERNEL_SAFE void kernel_clip(float *_Nonnull values, float low, float high, size_t count);

/// Least and greatest of in[0 ..< count]; infinity and -infinity if count is 0.
KERNEL_SAFE float kernel_minimum(const float *_Nonnull in, size_t count);
KERNEL_SAFE float kernel_maximum(const float *_Nonnull in, size_t count);
/// Mean and median (for an even count the mean of the middle two) of in[0 ..< count]; 0 if count is 0. NaN counts as 0,
/// infinity as the largest float. The median always takes three passes.
KERNEL_SAFE double kernel_mean(const float *_Nonnull in, size_t count);
KERNEL_SAFE double kernel_median(const float *_Nonnull in, size_t count);
/// out[i] = the lesser, the greater of out[i] and in[i].
KERNEL_SAFE void kernel_lower(float *_Nonnull out, const float *_Nonnull in, size_t count);
KERNEL_SAFE void kernel_raise(float *_Nonnull out, const float *_Nonnull in, size_t count);

// ---------------------------------------------------------------------------------------------------------------------
// Per-channel energy normalisation
// ---------------------------------------------------------------------------------------------------------------------

typedef struct kernel_pcen_constants {
  double smoothing;  // b of the one-pole filter M += b (S - M)
  double scale;      // S = scale * in
  double gain;
  double bias;
  double power;
  double eps;
} kernel_pcen_constants;

/// librosa.pcen for one token; `smooth` [count] is the filter's state M, 1 at the start.
/// Input that is negative or not finite counts as 0.
KERNEL_SAFE void kernel_pcen(float *_Nonnull out, const float *_Nonnull in, double *_Nonnull smooth,
                             const kernel_pcen_constants *_Nonnull constants, size_t count);

// ---------------------------------------------------------------------------------------------------------------------
// Statistics of a slice, rows x columns, row by row
// ---------------------------------------------------------------------------------------------------------------------

/// out[c] = mean over the rows of column c; summed in double, row after row, in `sums` [columns].
KERNEL_SAFE void kernel_column_mean(float *_Nonnull out, double *_Nonnull sums, const float *_Nonnull slice,
                                    size_t rows, size_t columns);
/// out[c] = population standard deviation of column c, in two passes; `means` and `sums` [columns] are scratch.
KERNEL_SAFE void kernel_column_deviation(float *_Nonnull out, double *_Nonnull means, double *_Nonnull sums,
                                         const float *_Nonnull slice, size_t rows, size_t columns);
/// out[c] = median of column c, the mean of the two middle values when rows is even. `scratch` [rows] is sorted in
/// place, about 30 ns a value.
KERNEL_SAFE void kernel_column_median(float *_Nonnull out, float *_Nonnull scratch, const float *_Nonnull slice,
                                      size_t rows, size_t columns);

#endif
