// The Auscult node ABI, version 1.2.
//
// A plugin is a shared object named libauscult-*.so that exports one symbol, `auscult_library`. It returns a constant
// that lists node classes. Listing creates no instance. The headers are C11, clean as C++17, without dependencies.
//
// Every function ends with the thread it is called on and the state the instance is in:
//   [control]            the control thread; it may allocate, lock and wait
//   [realtime | worker]  the realtime thread for a class that is AUSCULT_HARD (never allocate, lock, wait or make a
//                        system call there), else a worker thread; never two at once for one instance
//   active               between activate and deactivate
//
// The life of an instance: create, (configure, activate, process ..., deactivate) any number of times, destroy.
// activate always gives a fresh state. Memory never changes its owner across this boundary: who allocates it frees it.
//
// A struct that may grow begins with its size in bytes, which its allocator fills in. Compare it with
// AUSCULT_HAS(pointer, type, member) before you touch a member that a later minor version added.

#ifndef AUSCULT_NODE_H
#define AUSCULT_NODE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AUSCULT_ABI_MAJOR 1u
#define AUSCULT_ABI_MINOR 3u

#define AUSCULT_HAS(pointer, type, member) \
  ((pointer)->size >= offsetof(type, member) + sizeof(((type *)0)->member))

// ---------------------------------------------------------------------------------------------------------------------
// Status
// ---------------------------------------------------------------------------------------------------------------------

typedef int32_t auscult_status;

#define AUSCULT_OK 0
#define AUSCULT_FAILED (-1)

// A control function writes here why it failed. The host shows the text at the node's line of the graph file, or at the
// line of the parameter that `parameter` names.
typedef struct auscult_error {
  uint32_t size;
  char text[512];      // UTF-8, zero-terminated: what is wrong and what to do
  char parameter[64];  // name of the wrong parameter, or empty
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

// Who fills the heads (positions) of an output's tokens.
#define AUSCULT_STAMP_HOST 0u  // the host counts tokens since the last reset. For every stream with a constant period
#define AUSCULT_STAMP_NODE 1u  // the node fills head.origin and head.index itself, usually copied from its input

// The scale of feature values. Detectors that depend on it can check it.
#define AUSCULT_SCALE_LINEAR 0u
#define AUSCULT_SCALE_DECIBEL 1u
#define AUSCULT_SCALE_UNIT 2u   // mapped to [0, 1]
#define AUSCULT_SCALE_OTHER 3u

// The format of a stream. Time is counted in ticks of 1/denominator of a driver frame, so that every position is an
// exact integer. In a stream with origin o, the nominal content of the token (audio: the sample) with index i is the
// half-open range of ticks
//     [o + offset + i * period,  o + offset + i * period + extent)
typedef struct auscult_format {
  uint32_t size;
  uint32_t kind;         // one AUSCULT_* kind
  uint32_t channels;     // at least 1, for every kind. Event: channels of the scores that it refers to; a token
                         // still holds one event, as its channel 0
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
  // Hertz of each column [columns], or NULL; score: of each band that bands[] may name. Negative: no band.
  const float *frequencies;
  uint32_t frequency_count;
  uint32_t silent_share;  // fifteenths, 1 to 15: from this share of silence on a token is silent; 0: 15. Since 1.2
  const char *const *machines;  // the machine of each channel [channels]; never NULL in a format from the host
} auscult_format;

// Position of a token in its stream. Audio blocks have one, for their first sample.
typedef struct auscult_head {
  int64_t origin;   // ticks: position of index 0 in this stretch of the stream, without the offset
  int64_t index;    // index of the token (audio: the sample), counted from the origin
  int64_t segment;  // driver frame position of the first frame after the last gap, 0 if none: spans are clamped to it
  uint32_t flags;   // AUSCULT_TOKEN_*
  uint32_t generation;  // of the token's graph; the host sets it
} auscult_head;

#define AUSCULT_TOKEN_GAP 0x1u  // part of the stream was lost just before this token

// One byte per channel and token (audio: sample). A token has the bits of everything that it was computed from, and the
// mean of the shares of silence. Without a source's marks it counts as sounding, connected and moving.
#define AUSCULT_MARK_SOUNDING 0x1u   // not silent: a sample was at or above `silent_below` and not stuck, and less than
                                     // the format's silent_share of the token is silence
#define AUSCULT_MARK_CLIPPED 0x2u    // a sample was at or above `clipped_at`, or not a finite number
#define AUSCULT_MARK_CONNECTED 0x4u  // a sample came from a connected port, or from a file. Since 1.2
#define AUSCULT_MARK_MOVING 0x8u     // a sample was not stuck. A sample is stuck if it is one of many equal ones in a
                                     // row whose value would sound. Since 1.2
// Share of a token that is silent or stuck, in fifteenths rounded down. Audio: 15 within silence, else 0. A source
// ignores the short silences that every sound has. Since 1.2
#define AUSCULT_MARK_SILENCE 0xf0u
#define AUSCULT_SILENCE_SHIFT 4

typedef struct auscult_score {
  double score;         // a higher score is more anomalous; always finite
  double threshold;     // anomalous means score > threshold
  int32_t class_index;  // classifiers: index into the producer's class names, else -1
  float probability;    // of that class, 0 to 1
  uint32_t band_count;  // number of `bands` used: the columns that contribute most to the score, largest first
  uint32_t bands[8];
} auscult_score;

#define AUSCULT_EVENT_RAISED 1u
#define AUSCULT_EVENT_CLEARED 2u
#define AUSCULT_EVENT_REPEATED 3u   // still raised, reported again
#define AUSCULT_EVENT_INHIBITED 4u  // an inhibiting flag began: timers stand still
#define AUSCULT_EVENT_RESUMED 5u    // the inhibiting flag ended: timers run again
#define AUSCULT_EVENT_OPEN 6u       // still raised at the end of a file
#define AUSCULT_EVENT_DEAF 7u       // the machine was not heard for some time; `cause` says why. Since 1.2
#define AUSCULT_EVENT_HEARING 8u    // the machine is heard again. Since 1.2

// Why a machine is not heard.
#define AUSCULT_DEAF_UNCONNECTED 1u  // no port is connected
#define AUSCULT_DEAF_SILENT 2u       // digital silence
#define AUSCULT_DEAF_STUCK 3u        // a constant value
#define AUSCULT_DEAF_NO_SCORE 4u     // no score arrives, for example because everything is lost

typedef struct auscult_event {
  uint32_t channel;  // of the scores that it refers to
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
#define AUSCULT_GAP_NODE 3u  // a node failed and yields no more tokens
#define AUSCULT_GAP_SERVER 4u   // since 1.2: there was no JACK server
#define AUSCULT_GAP_NETWORK 5u  // since 1.2: data was lost on the network
#define AUSCULT_GAP_SINK 6u     // since 1.2: a sink could not write

// A part of a stream that was lost. Several inputs of a sink may report the same gap.
typedef struct auscult_gap {
  int64_t begin;  // driver frame positions
  int64_t end;
  uint32_t cause;  // AUSCULT_GAP_*
  uint32_t count;  // tokens lost, for drops
  const char *node;
} auscult_gap;

// The node that made a stream. It lives as long as any block that points to it.
typedef struct auscult_producer {
  uint32_t size;
  const char *node;
  const char *class_name;
  const char *library;  // build id
  const char *model;    // "sha256:...", or NULL
  const char *const *class_names;  // classifiers, or NULL
  uint32_t class_name_count;
} auscult_producer;

#define AUSCULT_BLOCK_GAP 0x1u  // the stream has lost `gap` before this block's first token; the host has called reset
#define AUSCULT_BLOCK_END 0x2u  // the stream ends after this block (end of a file): yield what is held back
// Scores: the node still learns and withholds them; `learned` says how far. The node sets it on its output in process,
// whenever it has learned from a token. The host passes it on. Since 1.2
#define AUSCULT_BLOCK_LEARNING 0x4u

// The tokens (audio: samples) of one port in one cycle. Element (token t, channel c) is at
//     (char *)data + t * token_stride + c * channel_stride
// data is aligned to 64 bytes. So is each channel of a token, and each channel of an audio output block.
typedef struct auscult_block {
  uint32_t size;
  uint32_t flags;     // AUSCULT_BLOCK_*, set by the host
  uint32_t count;     // outputs: 0 when process is called; the node sets it, to `capacity` at most
  uint32_t capacity;  // outputs: the most that fits
  uint32_t token_stride;    // bytes
  uint32_t channel_stride;  // bytes
  void *data;
  auscult_head *heads;  // audio: 1; else `count`. AUSCULT_STAMP_HOST: filled by the host
  // AUSCULT_MARK_*, of element (t, c) at marks[t * mark_token_stride + c * mark_channel_stride]; NULL: no marks, as for
  // events. Set by the host, except at sources. Inputs: both strides are 0 where all have the same mark
  uint8_t *marks;
  uint32_t mark_token_stride;
  uint32_t mark_channel_stride;
  int64_t complete;     // every token that ends at or before this driver frame position has been delivered
  auscult_gap gap;      // valid with AUSCULT_BLOCK_GAP
  const auscult_format *format;
  const auscult_producer *producer;
  int64_t end;          // since 1.2: driver frame position where the stream ends; INT64_MAX: not known yet. A token
                        // that reaches beyond it, or begins before its head's segment, contains padding
  int64_t learned;  // with AUSCULT_BLOCK_LEARNING: driver frame position where the last learned token ends. Since 1.2
  uint8_t *learned_marks;  // marks of that token [channels], set by the host; NULL: not known. Since 1.2
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
#define AUSCULT_UNIT_SECOND 0x01u   // s, ms, us, min, h, d: the value is in seconds
#define AUSCULT_UNIT_HERTZ 0x02u    // Hz, kHz, MHz, rpm: the value is in hertz
#define AUSCULT_UNIT_DECIBEL 0x04u  // dB
#define AUSCULT_UNIT_PERCENT 0x08u  // %: the value is in per cent (20 % is 20)
#define AUSCULT_UNIT_SAMPLE 0x10u   // samples, frames: the parameter's summary says what it counts

#define AUSCULT_PARAMETER_REQUIRED 0x01u
#define AUSCULT_PARAMETER_RUNNING 0x02u    // may change while running
#define AUSCULT_PARAMETER_LIST 0x04u       // takes one value or a list
#define AUSCULT_PARAMETER_NESTED 0x08u     // takes a list of lists
#define AUSCULT_PARAMETER_BY_MACHINE 0x10u // takes one value or a map from machine name to value
#define AUSCULT_PARAMETER_PLACEMENT 0x20u  // does not affect the content of tokens (names, paths, ports)

typedef struct auscult_parameter {
  uint32_t size;
  const char *name;
  uint32_t type;   // AUSCULT_NUMBER ... AUSCULT_OUTPUT_PATH
  uint32_t units;  // NUMBER, INTEGER: the accepted AUSCULT_UNIT_*, or-ed
  uint32_t unit;   // NUMBER, INTEGER: the unit of a number without one
  uint32_t flags;  // AUSCULT_PARAMETER_*
  double minimum;  // of the value; -INFINITY and INFINITY: no limit. Checked only for values in `unit`
  double maximum;
  const char *initial;         // default, as in a graph file; NULL: none
  const char *const *choices;  // NULL-terminated; CHOICE: all words accepted; NUMBER: words accepted besides numbers
  const char *summary;         // one line
} auscult_parameter;

typedef struct auscult_value {
  uint32_t size;
  uint32_t type;      // NUMBER (also for INTEGER), BOOLEAN, TEXT (also for CHOICE and paths), LIST, MAP
  double number;      // NUMBER; BOOLEAN: 0 or 1
  uint32_t unit;      // NUMBER: the AUSCULT_UNIT_* in the file
  uint32_t count;     // LIST, MAP
  const char *text;   // TEXT; NUMBER: as written
  const struct auscult_value *items;
  const char *const *keys;
} auscult_value;

// All parameters that the file sets or that have a default. The host has checked types, units, ranges and choices.
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

// An ability without functions, for sinks that can continue a file of another instance. A class with it has such
// instances. A host with it gives this instance the output of the old instance of the same name, in a swap. activate
// must then not replace the output's content. At the first process, the old instance has written everything.
#define AUSCULT_CONTINUE "continue/1"

// The wall clock of the sound is not known, as for most files. Since 1.2
#define AUSCULT_NO_TIME INT64_MIN

// The services of the host for one instance. They live from create to the end of destroy.
typedef struct auscult_host {
  uint32_t size;
  void *context;
  const char *graph;  // name of the graph
  const char *node;   // name of the node
  // Shows a line of text to the person who runs the graph, and writes it to the log.  // [control | worker]
  void (*log)(const struct auscult_host *host, int32_t level, const char *text);
  // Nanoseconds since the Unix epoch, UTC, at a driver frame position, or AUSCULT_NO_TIME.  // [worker & active]
  int64_t (*wall_time)(const struct auscult_host *host, int64_t position);
  // Grows by one whenever the wall clock jumped and the host adjusted wall_time to it.  // [worker & active]
  uint64_t (*clock_steps)(const struct auscult_host *host);
  // The input file that the driver reads, or NULL. Valid until process returns.  // [worker & active]
  const char *(*file)(const struct auscult_host *host);
  // Another ability of the host, by name and version, or NULL.  // [control]
  const void *(*extension)(const struct auscult_host *host, const char *name);
} auscult_host;

// ---------------------------------------------------------------------------------------------------------------------
// Node classes
// ---------------------------------------------------------------------------------------------------------------------

#define AUSCULT_PORT_OPTIONAL 0x1u     // may stay unlinked
#define AUSCULT_PORT_MANY 0x2u         // inputs: takes any number of links
#define AUSCULT_PORT_HEARD 0x8u        // inputs, since 1.2: gets no tokens with padding. Detectors' inputs never get
                                       // them
#define AUSCULT_PORT_INDEPENDENT 0x4u  // inputs: blocks are not joined. Without it, the tokens of all inputs of a node
                                       // are joined: equal counts, equal positions

typedef struct auscult_port {
  uint32_t size;
  const char *name;
  uint32_t kinds;  // inputs: kinds accepted; outputs: kinds that it may yield
  uint32_t flags;  // AUSCULT_PORT_*
  const char *summary;
} auscult_port;

// The input of configure.
typedef struct auscult_setup {
  uint32_t size;
  uint32_t driver_rate;  // frames per second
  uint32_t quantum;      // the most driver frames that one call of process covers
  uint32_t input_count;  // linked inputs, in the order of the ports, then of the names of the nodes they come from
  const auscult_format *inputs;
  const uint32_t *input_ports;  // the port of each input
  const char *const *input_nodes;  // name of the node that each input comes from
  uint64_t memory;         // since 1.2: bytes that may be used now; 0: unknown. Refuse to use more
} auscult_setup;

#define AUSCULT_UNBOUNDED (-1)

// The result of configure. The host fills it first: each output's format is a copy of the first input's format with
// stamp = AUSCULT_STAMP_HOST, and without frequencies if kind, rows or columns change. All else is 0 or NULL.
typedef struct auscult_answer {
  uint32_t size;
  uint32_t output_count;
  auscult_format *outputs;
  uint32_t *bursts;   // per output: the most tokens that one call can yield beyond its inputs' frames / its period,
                      // including those that END releases
  int64_t latency;    // driver frames from a sample's arrival to the token that contains it, of this node alone
  int64_t history;    // driver frames of input that a fresh instance needs before its first valid token
  int64_t reach;      // driver frames that its state reaches back, or AUSCULT_UNBOUNDED
  uint32_t external_inputs;   // sources: number of channels that the driver supplies
  uint32_t external_outputs;  // audio sinks: number of channels that the driver takes
  const char *const *external_connect;  // port names or patterns to connect to, NULL-terminated, or NULL
  const uint32_t *channel_map;  // the input channel of each output channel [channels]. NULL: the same channel if the
                                // numbers of channels are equal, otherwise all channels
  const auscult_producer *producer;  // model and class_names of this instance, or NULL. The host copies it
  uint64_t memory;    // bytes that the instance uses while active. The host checks the sum of all nodes before it
                      // activates any; 0: a negligible amount
} auscult_answer;

#define AUSCULT_CLOCK_END 0x1u        // no more frames come
#define AUSCULT_CLOCK_NO_DEADLINE 0x2u  // files, by hand, freewheel

// The driver's cycle, for sources and audio sinks. Other nodes need not read it.
typedef struct auscult_clock {
  int64_t position;  // of the first frame
  uint32_t frames;
  uint32_t flags;    // AUSCULT_CLOCK_*
} auscult_clock;

// What process works on. The host owns everything; use it only during the call.
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
  const char *failure;  // set by the node to a constant text when process fails
  const uint8_t *external_connected;  // since 1.2: [external_inputs] 0: nothing is connected to the driver's port: its
                                      // samples are silence. NULL: all are connected, as with files
} auscult_cycle;

#define AUSCULT_HARD 1u     // process and reset never block, allocate or make system calls
#define AUSCULT_OFFLOAD 2u  // workers only

#define AUSCULT_TRAIT_SOURCE 0x01u
#define AUSCULT_TRAIT_SINK 0x02u
#define AUSCULT_TRAIT_DETECTOR 0x04u
#define AUSCULT_TRAIT_TRAINABLE 0x08u
#define AUSCULT_TRAIT_WATCHFUL 0x10u  // process is also called without tokens when the inputs' `complete` advances,
                                      // or when they learn (AUSCULT_BLOCK_LEARNING). Since 1.2

typedef struct auscult_class {
  uint32_t size;
  const char *name;     // "stft", "detector.kmeans": lower-case words, separated by dots
  const char *version;  // semantic version of the computation
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
  const void *record;  // private data of the plugin, for create

  // Creates an instance. `host` and `arguments` stay valid until destroy returns.  // [control]
  auscult_status (*create)(const struct auscult_class *self, const auscult_host *host, uint32_t argument_count,
                           const auscult_argument *arguments, void **instance, auscult_error *error);
  // Reads the input formats and writes the output formats. Pointers in the answer must stay valid until the next
  // configure or destroy.  // [control & !active]
  auscult_status (*configure)(void *instance, const auscult_setup *setup, auscult_answer *answer, auscult_error *error);
  // Allocates everything that process needs, and sets a fresh state.  // [control & !active]
  auscult_status (*activate)(void *instance, auscult_error *error);
  // Forgets what the instance has heard, but not what it has learned. The host calls it before the first sample after a
  // gap. NULL: there is nothing to forget.  // [realtime | worker & active]
  void (*reset)(void *instance);
  // Consumes all tokens of the inputs and yields tokens. Returns AUSCULT_OK, or AUSCULT_FAILED with cycle->failure set.
  // The host then quarantines the node, and the graph runs on.  // [realtime | worker & active]
  auscult_status (*process)(void *instance, auscult_cycle *cycle);
  // [control & active]
  void (*deactivate)(void *instance);
  // [control & !active]
  void (*destroy)(void *instance);
  // Another ability of the class ("state/1", "trainer/1", "explain/1", "report/1"), or NULL.  // [control]
  const void *(*extension)(const struct auscult_class *self, const char *name);
} auscult_class;

typedef struct auscult_library_info {
  uint32_t size;
  uint32_t abi_major;
  uint32_t abi_minor;
  uint32_t class_count;
  const char *build_id;  // differs between different builds; NULL: the host uses the file's GNU build id
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
