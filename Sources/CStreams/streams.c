#define _GNU_SOURCE
#include "CStreams.h"

#include <stdio.h>
#include <sys/types.h>

static streams_receiver receiver;
static _Thread_local int hushed;

void streams_hush(void) { hushed++; }

void streams_unhush(void) { hushed--; }

static ssize_t take(void *cookie, const char *bytes, size_t count) {
  if (!hushed) receiver(cookie != NULL, bytes, count);
  return (ssize_t)count;
}

// Without a buffer: a piece belongs to the thread that prints it. glibc gathers what one call of printf prints.
static FILE *stream(void *cookie) {
  FILE *file = fopencookie(cookie, "w", (cookie_io_functions_t){.write = take});
  if (file) setvbuf(file, NULL, _IONBF, 0);
  return file;
}

bool streams_divert(streams_receiver receive) {
  receiver = receive;
  FILE *out = stream(NULL);
  FILE *error = stream(&receiver);
  if (!out || !error) return false;
  fflush(stdout);
  fflush(stderr);
  stdout = out;
  stderr = error;
  return true;
}
