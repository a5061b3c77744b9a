// JACK for Swift: what the importer cannot see, and the promises that JACK's manual makes about the functions that a
// process callback may call.

#ifndef CJACK_SHIM_H
#define CJACK_SHIM_H

#include <jack/jack.h>
#include <jack/metadata.h>
#include <jack/transport.h>
#include <jack/uuid.h>
#include <stddef.h>

// JACK's own declarations say nothing about null; only what is new here does.
#pragma clang diagnostic ignored "-Wnullability-completeness"

#define CJACK_REALTIME_SAFE \
  __attribute__((swift_attr("@_noLocks"))) __attribute__((swift_attr("@_noAllocation")))

// What the cycle calls. JACK's manual allows each of them in a process callback; in jackd2 they read shared memory, and
// jack_port_get_buffer mixes into a buffer that the port already has. RealtimeSanitizer finds nothing in them.
CJACK_REALTIME_SAFE void *jack_port_get_buffer(jack_port_t *port, jack_nframes_t frames);
CJACK_REALTIME_SAFE jack_nframes_t jack_last_frame_time(const jack_client_t *client);
CJACK_REALTIME_SAFE int jack_get_cycle_times(const jack_client_t *client, jack_nframes_t *current_frames,
                                             jack_time_t *current_usecs, jack_time_t *next_usecs, float *period_usecs);
CJACK_REALTIME_SAFE jack_time_t jack_get_time(void);
CJACK_REALTIME_SAFE jack_transport_state_t jack_transport_query(const jack_client_t *client, jack_position_t *position);

// jack_client_open is variadic, which Swift cannot call. `server` may be NULL: JACK's default.
static inline jack_client_t *_Nullable cjack_client_open(const char *_Nonnull name, int options,
                                                         int *_Nonnull status, const char *_Nullable server) {
  jack_status_t answer = (jack_status_t)0;
  jack_client_t *client =
      server ? jack_client_open(name, (jack_options_t)(options | JackServerName), &answer, server)
             : jack_client_open(name, (jack_options_t)options, &answer);
  *status = (int)answer;
  return client;
}

// The two keys are `const char *` variables, which Swift 6 takes for shared mutable state.
static inline const char *_Nonnull cjack_pretty_name_key(void) { return JACK_METADATA_PRETTY_NAME; }

// Touches the part of the calling thread's stack that cycles may use, before the first cycle.
static inline void cjack_touch_stack(void *_Nullable context) {
  (void)context;
  volatile char stack[128 * 1024];
  for (size_t place = 0; place < sizeof stack; place += 1024) stack[place] = 0;
}

// Declared for _GNU_SOURCE only, which a module's header must not switch on for itself.
int gettid(void);

#endif
