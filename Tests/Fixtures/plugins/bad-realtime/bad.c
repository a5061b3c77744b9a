// A node class that declares itself hard, and is not: RealtimeSanitizer must stop it. -DWRONG selects the error: 1
// (allocates), 2 (locks), 3 (writes to a file), 4 (sleeps); 0 has no error.

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AUSCULT_PLUGIN
#include "auscult/node.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
void *volatile kept;

static void do_wrong(void) {
  switch (WRONG) {
    case 1:
      kept = malloc(64);
      free(kept);
      break;
    case 2:
      pthread_mutex_lock(&mutex);
      pthread_mutex_unlock(&mutex);
      break;
    case 3:
      if (write(2, "", 0) != 0) kept = NULL;
      break;
    case 4:
      usleep(1);
      break;
  }
}

static auscult_status create(const auscult_class *self, const auscult_host *host, uint32_t count,
                             const auscult_argument *arguments, void **instance, auscult_error *error) {
  (void)self, (void)host, (void)count, (void)arguments, (void)error;
  static char nothing;
  *instance = &nothing;
  return AUSCULT_OK;
}

static auscult_status configure(void *instance, const auscult_setup *setup, auscult_answer *answer,
                                auscult_error *error) {
  (void)instance, (void)setup, (void)answer, (void)error;
  return AUSCULT_OK;
}

static auscult_status activate(void *instance, auscult_error *error) {
  (void)instance, (void)error;
  return AUSCULT_OK;
}

static auscult_status process(void *instance, auscult_cycle *cycle) {
  (void)instance;
  const auscult_block *in = cycle->inputs[0];
  auscult_block *out = cycle->outputs[0];
  do_wrong();
  for (uint32_t channel = 0; channel < in->format->channels; channel++) {
    memcpy((char *)out->data + channel * out->channel_stride, (const char *)in->data + channel * in->channel_stride,
           in->count * sizeof(float));
  }
  out->count = in->count;
  return AUSCULT_OK;
}

static void nothing(void *instance) { (void)instance; }

static const auscult_port input = {sizeof(auscult_port), "in", AUSCULT_AUDIO, 0, "Samples"};
static const auscult_port output = {sizeof(auscult_port), "out", AUSCULT_AUDIO, 0, "The same samples"};

static const auscult_class bad = {
    .size = sizeof(auscult_class),
    .name = "test.bad",
    .version = "1.0.0",
    .summary = "Does what a hard node must not.",
    .realtime = AUSCULT_HARD,
    .input_count = 1,
    .output_count = 1,
    .inputs = &input,
    .outputs = &output,
    .create = create,
    .configure = configure,
    .activate = activate,
    .process = process,
    .deactivate = nothing,
    .destroy = nothing,
};

static const auscult_class *const classes[] = {&bad};
static const auscult_library_info library = {
    .size = sizeof(auscult_library_info),
    .abi_major = AUSCULT_ABI_MAJOR,
    .abi_minor = AUSCULT_ABI_MINOR,
    .class_count = 1,
    .classes = classes,
};

const auscult_library_info *auscult_library(void) { return &library; }
