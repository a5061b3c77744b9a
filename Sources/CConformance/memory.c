// What malloc has given out.

#define _GNU_SOURCE

#include <malloc.h>
#include <pthread.h>

#include "CConformance.h"

typedef struct task {
  void (*body)(void *context);
  void *context;
} task;

static void *run(void *argument) {
  task *work = argument;
  work->body(work->context);
  return NULL;
}

int run_on_thread(void (*body)(void *context), void *context) {
  task work = {body, context};
  pthread_t thread;
  int code = pthread_create(&thread, NULL, run, &work);
  if (code == 0) pthread_join(thread, NULL);
  return code;
}

uint64_t allocated_bytes(void) {
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}
