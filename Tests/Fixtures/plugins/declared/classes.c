// Classes with fixed declarations, for tests of graph files: the text of diagnostics must not change when a standard
// node gets another parameter. Graphs with them can be checked, but not run.

#define AUSCULT_PLUGIN
#include "auscult/node.h"

#include <math.h>
#include <stdio.h>

static auscult_status create(const auscult_class *self, const auscult_host *host, uint32_t count,
                             const auscult_argument *arguments, void **instance, auscult_error *error) {
  (void)self, (void)host, (void)count, (void)arguments, (void)instance;
  snprintf(error->text, sizeof error->text, "this class is declared only");
  return AUSCULT_FAILED;
}

static auscult_status configure(void *instance, const auscult_setup *setup, auscult_answer *answer,
                                auscult_error *error) {
  (void)instance, (void)setup, (void)answer, (void)error;
  return AUSCULT_FAILED;
}

static auscult_status activate(void *instance, auscult_error *error) {
  (void)instance, (void)error;
  return AUSCULT_FAILED;
}

static auscult_status process(void *instance, auscult_cycle *cycle) {
  (void)instance, (void)cycle;
  return AUSCULT_FAILED;
}

static void nothing(void *instance) { (void)instance; }

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define PORT(NAME, KINDS, FLAGS) {sizeof(auscult_port), NAME, KINDS, FLAGS, "A port"}
#define WORDS(...) (const char *const[]){__VA_ARGS__, NULL}
#define NUMBER(TYPE, NAME, UNITS, UNIT, MINIMUM, MAXIMUM, INITIAL, FLAGS, CHOICES) \
  {sizeof(auscult_parameter), NAME, TYPE, UNITS, UNIT, FLAGS, MINIMUM, MAXIMUM, INITIAL, CHOICES, "A number"}
#define OTHER(TYPE, NAME, INITIAL, FLAGS, CHOICES) \
  {sizeof(auscult_parameter), NAME, TYPE, 0, 0, FLAGS, 0, 0, INITIAL, CHOICES, "A value"}
#define CLASS(ID, NAME, REALTIME, TRAITS)                                                                          \
  static const auscult_class ID = {sizeof(auscult_class), NAME, "1.0.0", "A class for tests.", REALTIME, TRAITS,   \
                                   COUNT(ID##_in), COUNT(ID##_out), COUNT(ID##_parameters), 0, ID##_in, ID##_out,  \
                                   ID##_parameters, NULL, create, configure, activate, NULL, process, nothing,     \
                                   nothing, NULL}

#define S AUSCULT_UNIT_SECOND
#define HZ AUSCULT_UNIT_HERTZ
#define DB AUSCULT_UNIT_DECIBEL
#define PC AUSCULT_UNIT_PERCENT
#define SAMPLES AUSCULT_UNIT_SAMPLE

static const auscult_port source_in[0] = {};
static const auscult_port source_out[] = {PORT("out", AUSCULT_AUDIO, 0)};
static const auscult_parameter source_parameters[] = {
    NUMBER(AUSCULT_INTEGER, "channels", 0, 0, 1, 64, "1", 0, NULL),
    OTHER(AUSCULT_TEXT, "machines", NULL, AUSCULT_PARAMETER_LIST | AUSCULT_PARAMETER_PLACEMENT, NULL),
    OTHER(AUSCULT_TEXT, "connect", NULL, AUSCULT_PARAMETER_LIST | AUSCULT_PARAMETER_PLACEMENT, NULL)};
CLASS(source, "source", AUSCULT_HARD, AUSCULT_TRAIT_SOURCE);

static const auscult_port resample_in[] = {PORT("in", AUSCULT_AUDIO, 0)};
static const auscult_port resample_out[] = {PORT("out", AUSCULT_AUDIO, 0)};
static const auscult_parameter resample_parameters[] = {
    NUMBER(AUSCULT_NUMBER, "rate", HZ, HZ, 1, 1e6, NULL, AUSCULT_PARAMETER_REQUIRED, NULL)};
CLASS(resample, "resample", AUSCULT_HARD, 0);

static const auscult_port gain_in[] = {PORT("in", AUSCULT_AUDIO, 0)};
static const auscult_port gain_out[] = {PORT("out", AUSCULT_AUDIO, 0)};
static const auscult_parameter gain_parameters[] = {
    NUMBER(AUSCULT_NUMBER, "gain", DB, 0, -1e6, 1e6, "1", AUSCULT_PARAMETER_RUNNING, NULL)};
CLASS(gain, "gain", AUSCULT_HARD, 0);

static const auscult_port mix_in[] = {PORT("left", AUSCULT_AUDIO, 0), PORT("right", AUSCULT_AUDIO, 0)};
static const auscult_port mix_out[] = {PORT("out", AUSCULT_AUDIO, 0)};
static const auscult_parameter mix_parameters[] = {
    NUMBER(AUSCULT_NUMBER, "weights", 0, 0, -INFINITY, INFINITY, NULL, AUSCULT_PARAMETER_NESTED, NULL)};
CLASS(mix, "mix", AUSCULT_HARD, 0);

static const auscult_port stft_in[] = {PORT("in", AUSCULT_AUDIO, 0)};
static const auscult_port stft_out[] = {PORT("out", AUSCULT_SPECTRUM, 0)};
static const auscult_parameter stft_parameters[] = {
    NUMBER(AUSCULT_INTEGER, "length", SAMPLES | S, SAMPLES, 16, 65536, "1024", 0, NULL),
    NUMBER(AUSCULT_INTEGER, "hop", SAMPLES | S | PC, SAMPLES, 1, 65536, "512", 0, NULL),
    OTHER(AUSCULT_CHOICE, "window", "hann", 0, WORDS("hann", "hamming", "blackman")),
    OTHER(AUSCULT_BOOLEAN, "center", "true", 0, NULL)};
CLASS(stft, "stft", AUSCULT_HARD, 0);

static const auscult_port mel_in[] = {PORT("in", AUSCULT_SPECTRUM, 0)};
static const auscult_port mel_out[] = {PORT("out", AUSCULT_FEATURES, 0)};
static const auscult_parameter mel_parameters[] = {
    NUMBER(AUSCULT_INTEGER, "bands", 0, 0, 1, 512, "128", 0, NULL),
    NUMBER(AUSCULT_NUMBER, "fmin", HZ, HZ, 0, INFINITY, "0", 0, NULL),
    NUMBER(AUSCULT_NUMBER, "fmax", HZ, HZ, 0, INFINITY, NULL, 0, NULL)};
CLASS(mel, "mel", AUSCULT_HARD, 0);

static const auscult_port normalize_in[] = {PORT("in", AUSCULT_FEATURES | AUSCULT_SLICE, 0)};
static const auscult_port normalize_out[] = {PORT("out", AUSCULT_FEATURES | AUSCULT_SLICE, 0)};
static const auscult_parameter normalize_parameters[] = {
    OTHER(AUSCULT_CHOICE, "mode", "decibel", 0, WORDS("decibel", "rolling", "none")),
    NUMBER(AUSCULT_NUMBER, "low", DB, DB, -INFINITY, INFINITY, NULL, 0, NULL),
    NUMBER(AUSCULT_NUMBER, "high", DB, DB, -INFINITY, INFINITY, NULL, 0, NULL)};
CLASS(normalize, "normalize", AUSCULT_HARD, 0);

static const auscult_port slicer_in[] = {PORT("in", AUSCULT_FEATURES, 0)};
static const auscult_port slicer_out[] = {PORT("out", AUSCULT_SLICE, 0)};
static const auscult_parameter slicer_parameters[] = {
    NUMBER(AUSCULT_NUMBER, "length", S | SAMPLES, S, 0, INFINITY, NULL, AUSCULT_PARAMETER_REQUIRED, NULL),
    NUMBER(AUSCULT_NUMBER, "hop", S | SAMPLES | PC, PC, 0, 100, "100 %", 0, NULL),
    OTHER(AUSCULT_BOOLEAN, "pad", "false", 0, NULL)};
CLASS(slicer, "slicer", AUSCULT_HARD, 0);

static const auscult_port judge_in[] = {PORT("in", AUSCULT_FEATURES | AUSCULT_SLICE, 0)};
static const auscult_port judge_out[] = {PORT("score", AUSCULT_SCORE, 0),
                                         PORT("reconstruction", AUSCULT_SLICE, AUSCULT_PORT_OPTIONAL)};
static const auscult_parameter judge_parameters[] = {
    OTHER(AUSCULT_INPUT_PATH, "model", NULL, 0, NULL),
    NUMBER(AUSCULT_NUMBER, "threshold", 0, 0, -INFINITY, INFINITY, "model", AUSCULT_PARAMETER_BY_MACHINE,
           WORDS("model"))};
CLASS(judge, "detector.judge", AUSCULT_OFFLOAD, AUSCULT_TRAIT_DETECTOR | AUSCULT_TRAIT_TRAINABLE);

static const auscult_port alarm_in[] = {PORT("in", AUSCULT_SCORE, 0)};
static const auscult_port alarm_out[] = {PORT("out", AUSCULT_EVENT, 0)};
static const auscult_parameter alarm_parameters[] = {
    NUMBER(AUSCULT_NUMBER, "on", S, S, 0, INFINITY, "0 s", 0, NULL),
    NUMBER(AUSCULT_NUMBER, "off", S, S, 0, INFINITY, "0 s", 0, NULL),
    OTHER(AUSCULT_CHOICE, "inhibit", "[silent, gap]", AUSCULT_PARAMETER_LIST, WORDS("silent", "clipped", "gap"))};
CLASS(alarm, "alarm", AUSCULT_OFFLOAD, 0);

static const auscult_port sink_log_in[] = {
    PORT("in", AUSCULT_SCORE | AUSCULT_EVENT, AUSCULT_PORT_MANY | AUSCULT_PORT_INDEPENDENT)};
static const auscult_port sink_log_out[0] = {};
static const auscult_parameter sink_log_parameters[] = {
    OTHER(AUSCULT_OUTPUT_PATH, "path", NULL, AUSCULT_PARAMETER_REQUIRED | AUSCULT_PARAMETER_PLACEMENT, NULL)};
CLASS(sink_log, "sink.log", AUSCULT_OFFLOAD, AUSCULT_TRAIT_SINK);

static const auscult_class *const classes[] = {&source,    &resample, &gain,  &mix,   &stft, &mel,
                                               &normalize, &slicer, &judge, &alarm, &sink_log};

static const auscult_library_info library = {
    sizeof(auscult_library_info), AUSCULT_ABI_MAJOR, AUSCULT_ABI_MINOR, COUNT(classes), NULL, classes};

const auscult_library_info *auscult_library(void) { return &library; }
