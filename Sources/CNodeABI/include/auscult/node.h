// The Auscult node ABI, version 1.2.
//
// A plugin is a shared object named libauscult-*.so that exports one symbol, `auscult_library`. It returns a constant
// that lists node classes; nothing is created to list them. C11, clean as C++17, no dependency.
//
// Every function ends with the thread it is called on and the state the instance is in:
//   [control]            the control thread; it may allocate, lock and wait
//   [realtime | worker]  the realtime thread for a class that is AUSCULT_HARD (never allocate, lock, wait or make a
//                        system call there), else a worker thread; never two at once for one instance
//   active               between activate and deactivate
//
// The life of an instance: create, (configure, activate, process ..., deactivate) any number of times, destroy.
// activate always gives a fresh state. Memory never changes owner across this boundary: who allocates, frees.
//
// Structs that may grow start with their size in bytes, filled by whoever allocates them. Compare it with
// AUSCULT_HAS(pointer, type, member) before touching a member that a later minor version added.

#ifndef AUSCULT_NODE_H
#define AUSCULT_NODE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AUSCULT_ABI_MAJOR 1u
#define AUSCULT_ABI_MINOR 2u

#define AUSCULT_HAS(pointer, type, member) \
  ((pointer)->size >= offsetof(type, member) + sizeof(((type *)0)->member))

// ---------------------------------------------------------------------------------------------------------------------
// Status
// ---------------------------------------------------------------------------------------------------------------------

typedef int32_t auscult_status;

#define AUSCULT_OK 0
#define AUSCULT_FAILED (-1)

// Where a control function says why it failed. The host shows the text at the node's line of the graph file, or at the
// parameter's, when `parameter` names one.
typedef struct auscult_error {
  uint32_t size;
  char text[512];      // UTF-8, zero-terminated: what is wrong and what to do
  char parameter[64];  // name of the parameter at fault, or empty
} auscult_error;

// ---------------------------------------------------------------------------------------------------------------------
// Streams: kinds, formats, time
// ---------------------------------------------------------------------------------------------------------------------

// Stream kinds, as bits so that a port can accept several.
#define AUSCULT_AUDIO 0x01u     // float32 samples
#define AUSCULT_SPECTRUM 0x02u  // columns = bins, each two float32: real, imaginary
#define AUSCULT_FEATURES 0x04u  // columns float32
#define AUSCULT_SLICE 0x08u     // rows x columns float32, row by row (a row is an analysis frame)
#define AUSCULT_SCORE 0x10u     // one auscult_score
#define AUSCULT_EVENT 0x20u     // one auscult_event
#define AUSCULT_ANY_KIND 0x3fu

// How the heads (position) of an output's tokens come about.
#define AUSCULT_STAMP_HOST 0u  // token k since the last reset: the host fills the heads. For every evenly paced stream.
#define AUSCULT_STAMP_NODE 1u  // the node fills head.origin and head.index itself, usually copied from its input

// What a scale of feature values means; detectors that depend on it can check.
#define AUSCULT_SCALE_LINEAR 0u
#define AUSCULT_SCALE_DECIBEL 1u
#define AUSCULT_SCALE_UNIT 2u   // mapped to [0, 1]
#define AUSCULT_SCALE_OTHER 3u

// What a stream carries. Time is counted in ticks of 1/denominator of a driver frame, so every position is an exact
// integer. The nominal content of the token (audio: the sample) with index i of a stream with origin o is the half-open
// range of ticks
//     [o + offset + i * period,  o + offset + i * period + extent)
typedef struct auscult_format {
  uint32_t size;
  uint32_t kind;         // one AUSCULT_* kind
  uint32_t channels;     // every stream has the dimension channel, at least 1. Event: channels of the scores that it is
                         // about; a token holds one event all the same, as its channel 0
  uint32_t rows;         // slice: analysis frames; else 1
  uint32_t columns;      // spectrum: bins; features, slice: bands or values; else 1
  uint32_t driver_rate;  // driver frames per second
  int64_t denominator;   // ticks in a driver frame
  int64_t period;        // ticks from one token (audio: sample) to the next
  int64_t extent;        // ticks that a token covers; audio: equal to period
  int64_t offset;        // ticks from the origin to the begin of token 0; negative for centred columns
  int64_t lookahead;     // driver frames beyond a token's end that must have arrived before it can be yielded, summed
                         // along the path from the source
  uint32_t stamp;        // AUSCULT_STAMP_*
  uint32_t scale;        // AUSCULT_SCALE_*, features and slice
  // Hertz of each column [columns], or NULL; score: of each band that bands[] may name. Below 0: the column is no band.
  const float *frequencies;
  uint32_t frequency_count;
  uint32_t silent_share;  // fifteenths, 1 to 15: a token of which so much is silent counts as silent; 0 is 15. Since 1.2
  const char *const *machines;  // name of what each channel listens to [channels]; never NULL when the host gives it
} auscult_format;

// Position of a token in its stream. Audio blocks have one, for their first sample.
typedef struct auscult_head {
  int64_t origin;   // ticks: where index 0 of this stretch of the stream lies, offset left out
  int64_t index;    // of the token (audio: the sample) since the origin
  int64_t segment;  // driver frame position of the first frame after the last gap, 0 before any: spans are clamped to it
  uint32_t flags;   // AUSCULT_TOKEN_*
  uint32_t generation;  // of the graph that the token belongs to; the host sets it
} auscult_head;

#define AUSCULT_TOKEN_GAP 0x1u  // something was lost between the token before and this one

// One byte a channel and token (audio: sample). Bits are or-ed over everything that a token was computed from, of the
// share of silence the mean is taken. What no source has marked reads as sounding, connected and moving.
#define AUSCULT_MARK_SOUNDING 0x1u   // not silent: some sample was at or above `silent_below` and not stuck, and less than
                                     // the format's silent_share of the token is silence
#define AUSCULT_MARK_CLIPPED 0x2u    // some sample was at or above `clipped_at`, or not a finite number
#define AUSCULT_MARK_CONNECTED 0x4u  // some sample came from a connected port, or from a file. Since 1.2
#define AUSCULT_MARK_MOVING 0x8u     // some sample was not stuck at a value that would sound: one of many equal ones in
                                     // a row. Since 1.2
// How much of a token is silence or stuck, in fifteenths rounded down. Audio: 15 in the midst of it, else 0; a source
// leaves out the short silences that every sound has. Since 1.2
#define AUSCULT_MARK_SILENCE 0xf0u
#define AUSCULT_SILENCE_SHIFT 4

typedef struct auscult_score {
  double score;         // higher is worse, always finite
  double threshold;     // anomalous means score > threshold
  int32_t class_index;  // classifiers: index into the producer's class names, else -1
  float probability;    // of that class
  uint32_t band_count;  // how many of `bands` are filled: the columns that carry the score, most important first
  uint32_t bands[8];
} auscult_score;

#define AUSCULT_EVENT_RAISED 1u
#define AUSCULT_EVENT_CLEARED 2u
#define AUSCULT_EVENT_REPEATED 3u   // a re-alarm: still raised
#define AUSCULT_EVENT_INHIBITED 4u  // an inhibiting flag set in: timers stand still
#define AUSCULT_EVENT_RESUMED 5u    // ... and ended
#define AUSCULT_EVENT_OPEN 6u       // still raised at the end of a file
#define AUSCULT_EVENT_DEAF 7u       // for some time nothing was heard; `cause` says why. Since 1.2
#define AUSCULT_EVENT_HEARING 8u    // ... and now it is. Since 1.2

// Why nothing is heard.
#define AUSCULT_DEAF_UNCONNECTED 1u  // no port is connected
#define AUSCULT_DEAF_SILENT 2u       // digital silence
#define AUSCULT_DEAF_STUCK 3u        // one value all the time
#define AUSCULT_DEAF_NO_SCORE 4u     // no score comes, as when all is lost

typedef struct auscult_event {
  uint32_t channel;  // of the scores it is about
  uint32_t state;    // AUSCULT_EVENT_*
  int64_t begin;     // driver frame positions
  int64_t end;
  double score;
  double threshold;
  uint32_t cause;  // AUSCULT_DEAF_*, or 0. Since 1.2
  uint32_t reserved;
} auscult_event;

#define AUSCULT_GAP_XRUN 1u  // the driver missed cycles
#define AUSCULT_GAP_DROP 2u  // one of our queues was full
#define AUSCULT_GAP_NODE 3u  // a node failed and yields nothing any more
#define AUSCULT_GAP_SERVER 4u   // since 1.2: there was no server to hear
#define AUSCULT_GAP_NETWORK 5u  // since 1.2: what came over the network has holes
#define AUSCULT_GAP_SINK 6u     // since 1.2: a sink could not write

// A stretch that was lost. Several inputs of a sink may report the same one.
typedef struct auscult_gap {
  int64_t begin;  // driver frame positions
  int64_t end;
  uint32_t cause;  // AUSCULT_GAP_*
  uint32_t count;  // tokens lost, for drops
  const char *node;
} auscult_gap;

// Who made a stream. Lives as long as any block that points to it.
typedef struct auscult_producer {
  uint32_t size;
  const char *node;
  const char *class_name;
  const char *library;  // build id
  const char *model;    // "sha256:...", or NULL
  const char *const *class_names;  // classifiers, or NULL
  uint32_t class_name_count;
} auscult_producer;

#define AUSCULT_BLOCK_GAP 0x1u  // `gap` was lost before this block's first token; the host has called reset
#define AUSCULT_BLOCK_END 0x2u  // the stream ends after this block (end of a file): yield what is held back
// Scores: the node withholds them, for it still learns; `learned` says how far. Set by the node in process, on its
// output, whenever it has learned from a token; passed on by the host. Since 1.2
#define AUSCULT_BLOCK_LEARNING 0x4u

// What one port carries in one cycle: `count` tokens (audio: samples). Element (token t, channel c) is at
//     (char *)data + t * token_stride + c * channel_stride
// data is aligned to 64 bytes; so is every channel of a token, and every channel of an audio output block.
typedef struct auscult_block {
  uint32_t size;
  uint32_t flags;     // AUSCULT_BLOCK_*, kept by the host
  uint32_t count;     // an output's is 0 when process is called; the node sets it, to `capacity` at most
  uint32_t capacity;  // outputs: the most that fits
  uint32_t token_stride;    // bytes
  uint32_t channel_stride;  // bytes
  void *data;
  auscult_head *heads;  // audio: 1; else `count`. AUSCULT_STAMP_HOST: kept by the host
  uint8_t *marks;       // AUSCULT_MARK_*, or NULL: nothing is marked, as in streams of events. Kept by the host but for sources
  uint32_t mark_token_stride;
  uint32_t mark_channel_stride;
  int64_t complete;     // every token that ends at or before this driver frame position has been delivered
  auscult_gap gap;      // valid with AUSCULT_BLOCK_GAP
  const auscult_format *format;
  const auscult_producer *producer;
  int64_t end;          // since 1.2: driver frame position where the stream ends, as soon as it is known; else INT64_MAX. A
                        // token whose content reaches beyond it, or begins before its head's segment, holds padding
  int64_t learned;  // with AUSCULT_BLOCK_LEARNING: where the last token ends that was learned from. Since 1.2
  uint8_t *learned_marks;  // ... and its marks [channels], kept by the host, or NULL: nobody knows. Since 1.2
} auscult_block;

// ---------------------------------------------------------------------------------------------------------------------
// Parameters
// ---------------------------------------------------------------------------------------------------------------------

#define AUSCULT_NUMBER 1u
#define AUSCULT_INTEGER 2u
#define AUSCULT_BOOLEAN 3u
#define AUSCULT_TEXT 4u
#define AUSCULT_CHOICE 5u       // one of `choices`
#define AUSCULT_INPUT_PATH 6u   // made absolute by the host, against the graph file
#define AUSCULT_OUTPUT_PATH 7u  // made absolute by the host, against the working directory
#define AUSCULT_LIST 8u         // values only: `count` items
#define AUSCULT_MAP 9u          // values only: `count` items under `keys`

#define AUSCULT_UNIT_NONE 0x00u
#define AUSCULT_UNIT_SECOND 0x01u   // s, ms, us, min, h, d: passed in seconds
#define AUSCULT_UNIT_HERTZ 0x02u    // Hz, kHz, MHz, rpm: passed in hertz
#define AUSCULT_UNIT_DECIBEL 0x04u  // dB
#define AUSCULT_UNIT_PERCENT 0x08u  // %: passed as per cent (20 % is 20)
#define AUSCULT_UNIT_SAMPLE 0x10u   // samples, frames: what it counts is the parameter's business

#define AUSCULT_PARAMETER_REQUIRED 0x01u
#define AUSCULT_PARAMETER_RUNNING 0x02u    // may change while running
#define AUSCULT_PARAMETER_LIST 0x04u       // takes one value or a list of them
#define AUSCULT_PARAMETER_NESTED 0x08u     // takes a list of lists
#define AUSCULT_PARAMETER_BY_MACHINE 0x10u // takes one value or a map from machine name to value
#define AUSCULT_PARAMETER_PLACEMENT 0x20u  // has no influence on what a token contains (names, paths, ports)

typedef struct auscult_parameter {
  uint32_t size;
  const char *name;
  uint32_t type;   // AUSCULT_NUMBER ... AUSCULT_OUTPUT_PATH
  uint32_t units;  // NUMBER, INTEGER: the AUSCULT_UNIT_* that are taken, or-ed
  uint32_t unit;   // ... the one that a bare number has
  uint32_t flags;  // AUSCULT_PARAMETER_*
  double minimum;  // of the number as passed; -INFINITY and INFINITY for none. Checked only for values in `unit`
  double maximum;
  const char *initial;         // default, as a graph file would write it, or NULL: none
  const char *const *choices;  // NULL-terminated; CHOICE: all it takes; NUMBER: words it takes besides numbers
  const char *summary;         // one line
} auscult_parameter;

typedef struct auscult_value {
  uint32_t size;
  uint32_t type;      // NUMBER (also for INTEGER), BOOLEAN, TEXT (also for CHOICE and paths), LIST, MAP
  double number;      // NUMBER; BOOLEAN: 0 or 1
  uint32_t unit;      // NUMBER: the AUSCULT_UNIT_* it was written in
  uint32_t count;     // LIST, MAP
  const char *text;   // TEXT; NUMBER: as written
  const struct auscult_value *items;
  const char *const *keys;
} auscult_value;

// All parameters that the file gives or that have a default. The host has checked types, units, ranges and choices.
typedef struct auscult_argument {
  const char *name;
  auscult_value value;
} auscult_argument;

// ---------------------------------------------------------------------------------------------------------------------
// Host
// ---------------------------------------------------------------------------------------------------------------------

#define AUSCULT_LOG_DEBUG 0
#define AUSCULT_LOG_INFO 1
#define AUSCULT_LOG_WARNING 2
#define AUSCULT_LOG_ERROR 3

// An ability without functions, for sinks that can go on with a file which another instance has begun. Of a class: its
// instances can. Of a host: this instance takes over the output of the one that had its name before a swap, so that
// activate must not replace what is there, and the first process finds all of it written.
#define AUSCULT_CONTINUE "continue/1"

// What the host offers to one instance. Lives from create to the end of destroy.
typedef struct auscult_host {
  uint32_t size;
  void *context;
  const char *graph;  // name of the graph
  const char *node;   // name of the node
  // Shows a line of text to the person who runs the graph, and in the log.  // [control | worker]
  void (*log)(const struct auscult_host *host, int32_t level, const char *text);
  // Nanoseconds since the Unix epoch, UTC, at a driver frame position.  // [worker & active]
  int64_t (*wall_time)(const struct auscult_host *host, int64_t position);
  // Grows by one whenever the wall clock was seen to step, so that wall_time was anchored anew.  // [worker & active]
  uint64_t (*clock_steps)(const struct auscult_host *host);
  // The input file that is being read, or NULL. Valid until process returns.  // [worker & active]
  const char *(*file)(const struct auscult_host *host);
  // A further ability of the host, by name and version, or NULL.  // [control]
  const void *(*extension)(const struct auscult_host *host, const char *name);
} auscult_host;

// ---------------------------------------------------------------------------------------------------------------------
// Node classes
// ---------------------------------------------------------------------------------------------------------------------

#define AUSCULT_PORT_OPTIONAL 0x1u     // may stay unlinked
#define AUSCULT_PORT_MANY 0x2u         // inputs: takes any number of links
#define AUSCULT_PORT_HEARD 0x8u        // inputs, since 1.2: tokens that hold padding don't reach it. Those of detectors are so
                                       // anyway
#define AUSCULT_PORT_INDEPENDENT 0x4u  // inputs: blocks come as they are. Without it the tokens of all inputs of a node
                                       // are joined: equal counts, equal positions

typedef struct auscult_port {
  uint32_t size;
  const char *name;
  uint32_t kinds;  // inputs: what it accepts; outputs: what it may yield
  uint32_t flags;  // AUSCULT_PORT_*
  const char *summary;
} auscult_port;

// What configure is told.
typedef struct auscult_setup {
  uint32_t size;
  uint32_t driver_rate;  // frames per second
  uint32_t quantum;      // the most driver frames that one call of process covers
  uint32_t input_count;  // linked inputs, in the order of the ports, then of the names of the nodes they come from
  const auscult_format *inputs;
  const uint32_t *input_ports;  // which port each belongs to
  const char *const *input_nodes;  // name of the node that each comes from
  uint64_t memory;         // since 1.2: bytes that may be taken at present, 0: unknown. Refuse what would be more
} auscult_setup;

#define AUSCULT_UNBOUNDED (-1)

// What configure answers. The host fills it beforehand: each output's format is a copy of the first input's, with
// stamp = AUSCULT_STAMP_HOST, no frequencies unless kind, rows and columns stay; everything else is 0 or NULL.
typedef struct auscult_answer {
  uint32_t size;
  uint32_t output_count;
  auscult_format *outputs;
  uint32_t *bursts;   // per output: the most tokens that one call can yield beyond its inputs' frames / its period;
                      // what END releases counts
  int64_t latency;    // driver frames from a sample's arrival to the token that contains it, of this node alone
  int64_t history;    // driver frames of input that a fresh instance needs before its first valid token
  int64_t reach;      // driver frames that its state reaches back, or AUSCULT_UNBOUNDED
  uint32_t external_inputs;   // channels that the driver is to supply (sources) ...
  uint32_t external_outputs;  // ... or to take (audio sinks)
  const char *const *external_connect;  // port names or patterns to connect to, NULL-terminated, or NULL
  const uint32_t *channel_map;  // which input channel each output channel comes from [channels], or NULL: the same
                                // where the number is the same, all of them where it is not
  const auscult_producer *producer;  // model and class_names of this instance, or NULL. The host copies it
  uint64_t memory;    // bytes that the instance holds once active: the host adds them up, and sees whether they can be
                      // had, before it activates anything; 0: none to speak of
} auscult_answer;

#define AUSCULT_CLOCK_END 0x1u        // no more frames come
#define AUSCULT_CLOCK_NO_DEADLINE 0x2u  // files, by hand, freewheel

// The driver's cycle. For sources and audio sinks; others need not look.
typedef struct auscult_clock {
  int64_t position;  // of the first frame
  uint32_t frames;
  uint32_t flags;    // AUSCULT_CLOCK_*
} auscult_clock;

// What process works on. Everything is owned by the host and touched only during the call.
typedef struct auscult_cycle {
  uint32_t size;
  uint32_t input_count;
  uint32_t output_count;
  uint32_t reserved;
  const auscult_block *const *inputs;
  auscult_block *const *outputs;
  const auscult_clock *clock;
  const float *const *external_inputs;  // [external_inputs] -> clock->frames samples
  float *const *external_outputs;
  const char *failure;  // the node sets it to a constant text when process fails
  const uint8_t *external_connected;  // since 1.2: [external_inputs] 0: nothing is connected to the driver's port, so that
                                      // its samples are silence that nobody sent. NULL: all are connected, as files are
} auscult_cycle;

#define AUSCULT_HARD 1u     // process and reset never block, allocate or make system calls
#define AUSCULT_OFFLOAD 2u  // workers only

#define AUSCULT_TRAIT_SOURCE 0x01u
#define AUSCULT_TRAIT_SINK 0x02u
#define AUSCULT_TRAIT_DETECTOR 0x04u
#define AUSCULT_TRAIT_TRAINABLE 0x08u
#define AUSCULT_TRAIT_WATCHFUL 0x10u  // process is also called when no token came but the inputs are `complete` further,
                                      // or learning (AUSCULT_BLOCK_LEARNING). Since 1.2

typedef struct auscult_class {
  uint32_t size;
  const char *name;     // "stft", "detector.kmeans": lower-case words, dots between
  const char *version;  // of what it computes: semantic versioning
  const char *summary;  // one line
  uint32_t realtime;    // AUSCULT_HARD or AUSCULT_OFFLOAD
  uint32_t traits;      // AUSCULT_TRAIT_*
  uint32_t input_count;
  uint32_t output_count;
  uint32_t parameter_count;
  uint32_t reserved;
  const auscult_port *inputs;
  const auscult_port *outputs;
  const auscult_parameter *parameters;
  const void *record;  // the plugin's own, for create

  // Makes an instance. `host` and `arguments` stay valid until destroy returns.  // [control]
  auscult_status (*create)(const struct auscult_class *self, const auscult_host *host, uint32_t argument_count,
                           const auscult_argument *arguments, void **instance, auscult_error *error);
  // Learns its input formats and answers with its output formats. Pointers it puts into the answer stay valid until the
  // next configure or destroy.  // [control & !active]
  auscult_status (*configure)(void *instance, const auscult_setup *setup, auscult_answer *answer, auscult_error *error);
  // Allocates all that process needs and takes a fresh state.  // [control & !active]
  auscult_status (*activate)(void *instance, auscult_error *error);
  // Forgets what it has heard: called before the first sample after a gap. What was learned stays.
  // NULL: nothing to forget.  // [realtime | worker & active]
  void (*reset)(void *instance);
  // Consumes all that the inputs hold, yields tokens. AUSCULT_OK, or AUSCULT_FAILED with cycle->failure set: the node
  // is then quarantined, the graph runs on.  // [realtime | worker & active]
  auscult_status (*process)(void *instance, auscult_cycle *cycle);
  // [control & active]
  void (*deactivate)(void *instance);
  // [control & !active]
  void (*destroy)(void *instance);
  // A further ability of the class ("state/1", "trainer/1", "explain/1", "report/1"), or NULL.  // [control]
  const void *(*extension)(const struct auscult_class *self, const char *name);
} auscult_class;

typedef struct auscult_library_info {
  uint32_t size;
  uint32_t abi_major;
  uint32_t abi_minor;
  uint32_t class_count;
  const char *build_id;  // differs between any two builds that differ; NULL: the host takes the file's GNU build id
  const auscult_class *const *classes;
} auscult_library_info;

// The one symbol of a plugin.  // [control]
typedef const auscult_library_info *(*auscult_library_function)(void);

#ifdef AUSCULT_PLUGIN
#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
const auscult_library_info *auscult_library(void);
#endif

#ifdef __cplusplus
}
#endif
#endif
