// A plugin that harms its host: while it is loaded, as -DON_LOAD=... says, and in the call that the parameter `at`
// names, as `how` says. Without these it passes audio on. It can also note the call in a file: that of -DNOTES="...", or
// else $XDG_HOSTILE_NOTES.

#define AUSCULT_PLUGIN
#include "auscult/node.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef NAME
#define NAME "hostile.node"
#endif
#ifndef NOTES
#define NOTES getenv("XDG_HOSTILE_NOTES")
#endif

typedef struct hostile {
  const char *at;
  const char *how;
} hostile;

static void crash(void) { raise(SIGSEGV); }
static void abort_with_text(void) {
  static const char words[] = "hostile: \033[31mcannot go on\n";
  if (write(2, words, sizeof words - 1) > 0) abort();
}
static void leave(void) { exit(3); }
static void leave_well(void) { exit(0); }
static void hang(void) {
  volatile int forever = 1;
  while (forever) continue;
}
static void wait_for_ever(void) {
  for (;;) pause();
}
static void print(void) {
  if (write(1, "hello\n", 6) != 6) abort();
}
// In a process that has no such variable.
static void need_token(void) {
  if (getenv("TEST_TOKEN") == NULL) exit(7);
}
static void close_all(void) {
  for (int i = 0; i < 256; i++) close(i);
}
static void note(const char *what) {
  const char *path = NOTES;
  FILE *notes = path ? fopen(path, "a") : NULL;
  if (!notes) return;
  fprintf(notes, "%s\n", what);
  fclose(notes);
}
static void note_load(void) { note("load"); }
static void nothing(void) {}

#ifndef ON_LOAD
#define ON_LOAD nothing
#endif
#ifndef ON_ENTRY
#define ON_ENTRY nothing
#endif

__attribute__((constructor)) static void load(void) {
  ON_LOAD();
  (void)abort_with_text, (void)leave_well, (void)wait_for_ever, (void)print, (void)close_all, (void)note_load, (void)nothing;
}

static void reach(const hostile *node, const char *place) {
  if (strcmp(node->at, place) != 0) return;
  if (strcmp(node->how, "note") == 0) note(place);
  if (strcmp(node->how, "crash") == 0) crash();
  if (strcmp(node->how, "exit") == 0) leave();
  if (strcmp(node->how, "hang") == 0) hang();
  if (strcmp(node->how, "token") == 0) need_token();
}

static const char *text(uint32_t count, const auscult_argument *arguments, const char *name) {
  for (uint32_t i = 0; i < count; i++) {
    if (strcmp(arguments[i].name, name) == 0) return arguments[i].value.text;
  }
  return "";
}

static auscult_status create(const auscult_class *self, const auscult_host *host, uint32_t count,
                             const auscult_argument *arguments, void **instance, auscult_error *error) {
  (void)self, (void)host, (void)error;
  hostile *node = calloc(1, sizeof *node);
  node->at = strdup(text(count, arguments, "at"));
  node->how = strdup(text(count, arguments, "how"));
  reach(node, "create");
  *instance = node;
  return AUSCULT_OK;
}

static auscult_status configure(void *instance, const auscult_setup *setup, auscult_answer *answer,
                                auscult_error *error) {
  (void)setup, (void)answer, (void)error;
  reach(instance, "configure");
  return AUSCULT_OK;
}

static auscult_status activate(void *instance, auscult_error *error) {
  (void)error;
  reach(instance, "activate");
  return AUSCULT_OK;
}

static auscult_status process(void *instance, auscult_cycle *cycle) {
  (void)instance;
  const auscult_block *input = cycle->inputs[0];
  auscult_block *output = cycle->outputs[0];
  for (uint32_t channel = 0; channel < input->format->channels; channel++) {
    memcpy((char *)output->data + channel * output->channel_stride,
           (const char *)input->data + channel * input->channel_stride, input->count * sizeof(float));
  }
  output->count = input->count;
  return AUSCULT_OK;
}

static void deactivate(void *instance) { reach(instance, "deactivate"); }

static void destroy(void *instance) {
  hostile *node = instance;
  reach(node, "destroy");
  free((void *)node->at);
  free((void *)node->how);
  free(node);
}

static const auscult_port inputs[] = {
    {.size = sizeof(auscult_port), .name = "in", .kinds = AUSCULT_AUDIO, .summary = "Samples"}};
static const auscult_port outputs[] = {
    {.size = sizeof(auscult_port), .name = "out", .kinds = AUSCULT_AUDIO, .summary = "Samples"}};
static const char *const places[] = {"never", "create", "configure", "activate", "deactivate", "destroy", NULL};
static const char *const ways[] = {"crash", "exit", "hang", "note", "token", NULL};
static const auscult_parameter parameters[] = {
    {.size = sizeof(auscult_parameter), .name = "at", .type = AUSCULT_CHOICE, .initial = "never", .choices = places,
     .summary = "In which call"},
    {.size = sizeof(auscult_parameter), .name = "how", .type = AUSCULT_CHOICE, .initial = "crash", .choices = ways,
     .summary = "What it does there"},
};

static const auscult_class hostile_class = {
    .size = sizeof(auscult_class), .name = NAME, .version = "1.0.0", .summary = "Harms its host on demand.",
    .realtime = AUSCULT_HARD, .input_count = 1, .output_count = 1, .parameter_count = 2, .inputs = inputs,
    .outputs = outputs, .parameters = parameters, .create = create, .configure = configure, .activate = activate,
    .process = process, .deactivate = deactivate, .destroy = destroy};

static const auscult_class *const classes[] = {&hostile_class};

static const auscult_library_info library = {
    .size = sizeof(auscult_library_info), .abi_major = AUSCULT_ABI_MAJOR, .abi_minor = AUSCULT_ABI_MINOR,
    .class_count = 1, .build_id = "hostile-1", .classes = classes};

const auscult_library_info *auscult_library(void) {
  ON_ENTRY();
  return &library;
}
