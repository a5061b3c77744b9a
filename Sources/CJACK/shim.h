// JACK for Swift: what the importer cannot see (a variadic function, a process to start), and the promises that JACK's
// manual makes about the functions that a process callback may call.

#ifndef CJACK_SHIM_H
#define CJACK_SHIM_H

#include <fcntl.h>
#include <jack/jack.h>
#include <jack/metadata.h>
#include <jack/transport.h>
#include <jack/uuid.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <unistd.h>

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

// Declared by unistd.h for _GNU_SOURCE only, which a module's header must not switch on for itself.
int close_range(unsigned int first, unsigned int last, int flags);

// Starts the program at `path`, with its output going to `output`, in a process group of its own (the terminal's Ctrl-C
// is for us, not for it). The kernel sends it SIGTERM when the *thread* that calls this ends: call it on one that
// lasts. Between fork and exec only async-signal-safe functions are called. Returns -1 with errno set, or the process.
static inline pid_t cjack_start_process(const char *_Nonnull path, char *_Nullable const *_Nonnull arguments,
                                        int output) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) {
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);  // its last words may find nobody who reads them
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent) _exit(127);
    const int nothing = open("/dev/null", O_RDONLY);
    if (dup2(nothing, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) _exit(127);
    close_range(3, ~0u, 0);
    execv(path, arguments);
    _exit(127);
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return child;
}

#endif
