// The work of the chain in bare C, without an engine: libsoxr, FFTW, sparse mel bands, levels and a dense autoencoder
// in one loop. What Auscult costs beyond this is the price of its engine.
//
//   cc -O3 -march=native -ffast-math -mprefer-vector-width=512 -o bare bare.c -lsoxr -lfftw3f -lm
//   bare resample SOUND.wav PERIOD           48 to 16 kHz
//   bare mel      SOUND.wav PERIOD           levels of 128 mel bands at 16 kHz
//   bare chain    SOUND.wav PERIOD MODEL     48 kHz to a score for each analysis frame
//   bare kernels  SOUND.wav PERIOD MODEL     the same, with the time of each step
//
// SOUND is a mono WAV file of 32-bit floats with a header of 44 bytes. MODEL: onnx_model.py --raw. Prints one JSON
// object; cpu_s is the time of the loop alone: reading, planning and loading are not in it.

#include <fftw3.h>
#include <math.h>
#include <soxr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef __AVX512F__
#include <immintrin.h>
#endif

enum { WINDOW = 1024, HOP = 512, BINS = WINDOW / 2 + 1, BANDS = 128, FRAMES = 5, VALUES = FRAMES * BANDS, LAYERS = 10 };
static const int sizes[LAYERS + 1] = {VALUES, 128, 128, 128, 128, 8, 128, 128, 128, 128, VALUES};

#ifdef __AVX512F__
enum { LANES = 16 };
typedef float vector __attribute__((vector_size(64), aligned(4)));
static inline float total(vector values) { return _mm512_reduce_add_ps((__m512)values); }
#else
enum { LANES = 8 };
typedef float vector __attribute__((vector_size(32), aligned(4)));
static inline float total(vector values) {
  float sum = 0;
  for (int i = 0; i < LANES; i++) sum += values[i];
  return sum;
}
#endif

static double seconds(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec + 1e-9 * time.tv_nsec;
}

static void fail(const char *text) {
  fprintf(stderr, "%s\n", text);
  exit(1);
}

// The floats of a file after its header; `count`: how many.
static float *floats(const char *path, long header, long *count) {
  FILE *file = fopen(path, "rb");
  if (!file) fail(path);
  fseek(file, 0, SEEK_END);
  *count = (ftell(file) - header) / 4;
  fseek(file, header, SEEK_SET);
  float *values = aligned_alloc(64, (4 * *count + 63) / 64 * 64);
  if (fread(values, 4, *count, file) != (size_t)*count) fail(path);
  fclose(file);
  return values;
}

// ---- The time of each step, where it is asked for ----

enum { RESAMPLE, WEIGH, TRANSFORM, POWER, MEL, LEVEL, NETWORK, STEPS };
static const char *const step_names[STEPS] = {"resample", "window", "transform", "power", "mel", "level", "network"};
static double step_times[STEPS], last_time;
static int is_timed;

static inline void begin_steps(void) {
  if (is_timed) last_time = seconds(CLOCK_MONOTONIC);
}

static inline void end_step(int step) {
  if (!is_timed) return;
  double now = seconds(CLOCK_MONOTONIC);
  step_times[step] += now - last_time;
  last_time = now;
}

// ---- Levels of mel bands ----

static float window[WINDOW], *weighed, power[BINS + LANES], *weights[BANDS];
static int first_bin[BANDS], bin_count[BANDS];
static fftwf_complex *spectrum;
static fftwf_plan plan;

// Slaney's mel scale, as in librosa.
static double hertz(double mel) { return mel < 15 ? 200.0 / 3 * mel : 1000 * exp(log(6.4) / 27 * (mel - 15)); }

static void prepare_front_end(void) {
  weighed = fftwf_alloc_real(WINDOW);
  spectrum = fftwf_alloc_complex(BINS);
  plan = fftwf_plan_dft_r2c_1d(WINDOW, weighed, spectrum, FFTW_ESTIMATE);
  for (int i = 0; i < WINDOW; i++) window[i] = 0.5 - 0.5 * cos(2 * M_PI * i / WINDOW);
  double top = 15 + 27 * log(8) / log(6.4), edges[BANDS + 2];
  for (int i = 0; i < BANDS + 2; i++) edges[i] = hertz(top * i / (BANDS + 1));
  for (int band = 0; band < BANDS; band++) {
    double low = edges[band], middle = edges[band + 1], high = edges[band + 2];
    weights[band] = calloc(BINS, sizeof(float));
    for (int bin = 0; bin < BINS; bin++) {
      double at = bin * 16000.0 / WINDOW, weight = fmin((at - low) / (middle - low), (high - at) / (high - middle));
      if (weight <= 0) continue;
      if (bin_count[band] == 0) first_bin[band] = bin;
      weights[band][bin_count[band]++] = weight * 2 / (high - low);
    }
  }
}

static inline void levels(const float *samples, float *out) {
  begin_steps();
  for (int i = 0; i < WINDOW; i++) weighed[i] = samples[i] * window[i];
  end_step(WEIGH);
  fftwf_execute(plan);
  end_step(TRANSFORM);
  const float *parts = (const float *)spectrum;
  for (int i = 0; i < BINS; i++) power[i] = parts[2 * i] * parts[2 * i] + parts[2 * i + 1] * parts[2 * i + 1];
  end_step(POWER);
  for (int band = 0; band < BANDS; band++) {
    const float *own = weights[band], *bins = power + first_bin[band];
    float sum = 0;
    for (int i = 0; i < bin_count[band]; i++) sum += own[i] * bins[i];
    out[band] = sum;
  }
  end_step(MEL);
  // 10 log10 x; the C library has a vector form of logf.
  for (int band = 0; band < BANDS; band++) out[band] = 4.3429448190325f * logf(out[band] > 1e-10f ? out[band] : 1e-10f);
  end_step(LEVEL);
}

// ---- The autoencoder ----

// Means and factors of the values, then of each layer its weights [outputs x inputs] and biases.
static const float *means, *factors, *layer_weights[LAYERS], *biases[LAYERS];
static float scaled[VALUES], activations[2][VALUES];

static void load_network(const char *path) {
  long count, expected = 2 * VALUES;
  for (int layer = 0; layer < LAYERS; layer++) expected += sizes[layer + 1] * (sizes[layer] + 1);
  const float *place = floats(path, 0, &count);
  if (count != expected) fail("the model has other layers");
  means = place;
  factors = place + VALUES;
  place += 2 * VALUES;
  for (int layer = 0; layer < LAYERS; layer++) {
    layer_weights[layer] = place;
    biases[layer] = place + sizes[layer] * sizes[layer + 1];
    place = biases[layer] + sizes[layer + 1];
  }
}

// Eight rows share a load of the input.
static inline void dense(const float *matrix, const float *bias, const float *in, float *out, int inputs, int outputs) {
  if (inputs < LANES) {
    for (int row = 0; row < outputs; row++) {
      float sum = bias[row];
      for (int i = 0; i < inputs; i++) sum += matrix[row * inputs + i] * in[i];
      out[row] = sum;
    }
    return;
  }
  for (int row = 0; row < outputs; row += 8) {
    vector sums[8] = {{0}};
    const float *rows = matrix + row * inputs;
    for (int i = 0; i < inputs; i += LANES) {
      vector values = *(const vector *)(in + i);
#pragma GCC unroll 8
      for (int j = 0; j < 8; j++) sums[j] += values * *(const vector *)(rows + j * inputs + i);
    }
#pragma GCC unroll 8
    for (int j = 0; j < 8; j++) out[row + j] = bias[row + j] + total(sums[j]);
  }
}

static inline double score(const float *values) {
  begin_steps();
  for (int i = 0; i < VALUES; i++) scaled[i] = (values[i] - means[i]) * factors[i];
  const float *in = scaled;
  for (int layer = 0; layer < LAYERS; layer++) {
    float *out = activations[layer % 2];
    dense(layer_weights[layer], biases[layer], in, out, sizes[layer], sizes[layer + 1]);
    if (layer + 1 < LAYERS)
      for (int i = 0; i < sizes[layer + 1]; i++) out[i] = out[i] > 0 ? out[i] : 0;
    in = out;
  }
  float sum = 0;
  for (int i = 0; i < VALUES; i++) sum += (in[i] - scaled[i]) * (in[i] - scaled[i]);
  end_step(NETWORK);
  return sum / VALUES;
}

// ---- The stream ----

enum { ROOM = 8192, KEPT = 64 };
static float waiting[ROOM], history[KEPT * BANDS];
static int waiting_count, kept, has_network;
static long frame_count, score_count;
static double level_sum, score_sum;

static void analyse(const float *samples) {
  if (kept == KEPT) {
    kept = FRAMES - 1;
    memmove(history, history + (KEPT - kept) * BANDS, sizeof(float) * kept * BANDS);
  }
  float *frame = history + kept * BANDS;
  levels(samples, frame);
  kept++;
  frame_count++;
  level_sum += frame[40];
  if (!has_network || frame_count < FRAMES) return;
  score_sum += score(history + (kept - FRAMES) * BANDS);
  score_count++;
}

// `count`: at most ROOM - WINDOW.
static void take(const float *samples, int count) {
  memcpy(waiting + waiting_count, samples, sizeof(float) * count);
  waiting_count += count;
  int done = 0;
  for (; done + WINDOW <= waiting_count; done += HOP) analyse(waiting + done);
  if (done == 0) return;
  waiting_count -= done;
  memmove(waiting, waiting + done, sizeof(float) * waiting_count);
}

static soxr_t new_resampler(void) {
  soxr_error_t error;
  soxr_io_spec_t floats_in_and_out = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I);
  soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
  soxr_runtime_spec_t one_thread = soxr_runtime_spec(1);
  soxr_t resampler = soxr_create(48000, 16000, 1, &error, &floats_in_and_out, &quality, &one_thread);
  if (error) fail(error);
  return resampler;
}

int main(int count, char **arguments) {
  if (count < 4) fail("usage: bare resample|mel|chain|kernels SOUND.wav PERIOD [MODEL]");
  const char *work = arguments[1];
  int period = atoi(arguments[3]);
  is_timed = strcmp(work, "kernels") == 0;
  has_network = is_timed || strcmp(work, "chain") == 0;
  int analyses = has_network || strcmp(work, "mel") == 0, resamples = strcmp(work, "mel") != 0;
  if (has_network && count < 5) fail("give a model");
  if (period < 1 || period > ROOM - WINDOW) fail("impossible period");
  long samples;
  const float *sound = floats(arguments[2], 44, &samples);
  prepare_front_end();
  if (has_network) load_network(arguments[4]);
  soxr_t resampler = resamples ? new_resampler() : NULL;
  float resampled[ROOM];
  long resampled_count = 0;

  double begin = seconds(CLOCK_PROCESS_CPUTIME_ID);
  for (long at = 0; at + period <= samples; at += period) {
    if (!resamples) {
      take(sound + at, period);
      continue;
    }
    size_t used, made;
    begin_steps();
    soxr_process(resampler, sound + at, period, &used, resampled, ROOM - WINDOW, &made);
    end_step(RESAMPLE);
    resampled_count += made;
    if (analyses) take(resampled, made);
  }
  double spent = seconds(CLOCK_PROCESS_CPUTIME_ID) - begin;

  printf("{\"cpu_s\":%.6f,\"frames\":%ld,\"resampled\":%ld,\"level\":%.5f,\"score\":%.6f", spent, frame_count,
         resampled_count, frame_count ? level_sum / frame_count : 0, score_count ? score_sum / score_count : 0);
  for (int step = 0; is_timed && step < STEPS; step++) {
    long times = step == RESAMPLE ? samples / period : frame_count;
    printf(",\"%s_ns\":%.1f", step_names[step], 1e9 * step_times[step] / times);
  }
  printf("}\n");
  return 0;
}
