// A node that keeps the rules, in a library that starts a thread when it is loaded: a process that has loaded it can't
// be forked.

#include "../c-invert/invert.c"

#include <pthread.h>
#include <unistd.h>

static void *wait_for_ever(void *argument) {
  for (;;) pause();
  return argument;
}

__attribute__((constructor)) static void start(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, wait_for_ever, NULL);
}
