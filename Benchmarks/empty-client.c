// A JACK client that does nothing. It shows whether the machine is late or the graph: it counts the cycles over the
// period, as `auscult status` does, by the server's frame counter: the counter had moved on at the cycle's begin, or
// did so before its end. Prints the counts at its end.
//
//   cc -O2 -o empty-client empty-client.c $(pkg-config --cflags --libs jack)
//   empty-client NAME [PORT-TO-LISTEN-TO]

#include <jack/jack.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

static jack_client_t *client;
static jack_port_t *input;
static atomic_long cycles;
static atomic_long overruns;

static int process(jack_nframes_t frames, void *unused) {
  (void)unused;
  static jack_nframes_t expected;
  jack_nframes_t counter = jack_last_frame_time(client);
  (void)jack_port_get_buffer(input, frames);
  int is_ahead = atomic_load(&cycles) > 0 && (int32_t)(counter - expected) > 0;
  expected = counter + frames;
  atomic_fetch_add(&cycles, 1);
  if (is_ahead || jack_last_frame_time(client) != counter) atomic_fetch_add(&overruns, 1);
  return 0;
}

static void end(int signal) { (void)signal; }

int main(int count, char **arguments) {
  if (count < 2) return 64;
  jack_status_t status;
  client = jack_client_open(arguments[1], JackNoStartServer, &status);
  if (!client) {
    fprintf(stderr, "no JACK server\n");
    return 1;
  }
  input = jack_port_register(client, "in", JACK_DEFAULT_AUDIO_TYPE, JackPortIsInput, 0);
  signal(SIGINT, end);
  signal(SIGTERM, end);
  jack_set_process_callback(client, process, NULL);
  if (jack_activate(client) != 0) return 1;
  if (count > 2 && jack_connect(client, arguments[2], jack_port_name(input)) != 0) return 1;
  pause();
  jack_client_close(client);
  printf("{\"cycles\":%ld,\"overruns\":%ld}\n", atomic_load(&cycles), atomic_load(&overruns));
  return 0;
}
