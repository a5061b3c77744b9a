// A plugin with one class; -D at compile time adds a defect. Without it the plugin is correct.

#define AUSCULT_PLUGIN
#include "auscult/node.h"

#include <math.h>

#ifndef MAJOR
#define MAJOR AUSCULT_ABI_MAJOR
#endif
#ifndef MINOR
#define MINOR AUSCULT_ABI_MINOR
#endif
#ifndef INFO_SIZE
#define INFO_SIZE sizeof(auscult_library_info)
#endif
#ifndef CLASS_COUNT
#define CLASS_COUNT 1
#endif
#ifndef CLASSES
#define CLASSES classes
#endif
#ifndef CLASS_LIST
#define CLASS_LIST &broken
#endif
#ifndef BUILD_ID
#define BUILD_ID NULL
#endif
#ifndef CLASS_SIZE
#define CLASS_SIZE sizeof(auscult_class)
#endif
#ifndef NAME
#define NAME "broken.node"
#endif
#ifndef VERSION
#define VERSION "1.0.0"
#endif
#ifndef SUMMARY
#define SUMMARY "A node."
#endif
#ifndef REALTIME
#define REALTIME AUSCULT_HARD
#endif
#ifndef TRAITS
#define TRAITS 0
#endif
#ifndef INPUT_COUNT
#define INPUT_COUNT 1
#endif
#ifndef OUTPUT_COUNT
#define OUTPUT_COUNT 1
#endif
#ifndef PARAMETER_COUNT
#define PARAMETER_COUNT 1
#endif
#ifndef INPUTS
#define INPUTS ports
#endif
#ifndef OUTPUTS
#define OUTPUTS ports
#endif
#ifndef PARAMETERS
#define PARAMETERS parameters
#endif
#ifndef PROCESS
#define PROCESS process
#endif
#ifndef DESTROY
#define DESTROY nothing
#endif
#ifndef PORT_SIZE
#define PORT_SIZE sizeof(auscult_port)
#endif
#ifndef PORT_NAME
#define PORT_NAME "in"
#endif
#ifndef PORT_KINDS
#define PORT_KINDS AUSCULT_AUDIO
#endif
#ifndef PORT_FLAGS
#define PORT_FLAGS 0
#endif
#ifndef PARAMETER_SIZE
#define PARAMETER_SIZE sizeof(auscult_parameter)
#endif
#ifndef PARAMETER_NAME
#define PARAMETER_NAME "gain"
#endif
#ifndef TYPE
#define TYPE AUSCULT_NUMBER
#endif
#ifndef UNITS
#define UNITS 0
#endif
#ifndef UNIT
#define UNIT 0
#endif
#ifndef FLAGS
#define FLAGS 0
#endif
#ifndef MINIMUM
#define MINIMUM 0
#endif
#ifndef MAXIMUM
#define MAXIMUM 10
#endif
#ifndef INITIAL
#define INITIAL "1"
#endif
#ifndef CHOICES
#define CHOICES NULL
#endif

static auscult_status create(const auscult_class *self, const auscult_host *host, uint32_t count,
                             const auscult_argument *arguments, void **instance, auscult_error *error) {
  (void)self, (void)host, (void)count, (void)arguments, (void)instance, (void)error;
  return AUSCULT_FAILED;
}
static auscult_status configure(void *instance, const auscult_setup *setup, auscult_answer *answer,
                                auscult_error *error) {
  (void)instance, (void)setup, (void)answer, (void)error;
  return AUSCULT_FAILED;
}
static auscult_status activate(void *instance, auscult_error *error) {
  (void)instance, (void)error;
  return AUSCULT_FAILED;
}
static auscult_status process(void *instance, auscult_cycle *cycle) {
  (void)instance, (void)cycle;
  return AUSCULT_FAILED;
}
static void nothing(void *instance) { (void)instance; }

static const char *const words[] = {"one", "two", NULL};
static const char *const no_words[] = {NULL};
static const char *const same_words[] = {"one", "one", NULL};

#define PORT {PORT_SIZE, PORT_NAME, PORT_KINDS, PORT_FLAGS, "A port"}
static const auscult_port ports[] = {PORT, PORT};
static const auscult_port mixed[] = {PORT, {PORT_SIZE, "other", PORT_KINDS, AUSCULT_PORT_INDEPENDENT, "A port"}};

#define PARAMETER \
  {PARAMETER_SIZE, PARAMETER_NAME, TYPE, UNITS, UNIT, FLAGS, MINIMUM, MAXIMUM, INITIAL, CHOICES, "A parameter"}
static const auscult_parameter parameters[] = {PARAMETER, PARAMETER};

static const auscult_class broken = {CLASS_SIZE, NAME, VERSION, SUMMARY, REALTIME, TRAITS, INPUT_COUNT, OUTPUT_COUNT,
                                     PARAMETER_COUNT, 0, INPUTS, OUTPUTS, PARAMETERS, NULL, create, configure,
                                     activate, NULL, PROCESS, nothing, DESTROY, NULL};

static const auscult_class *const classes[] = {CLASS_LIST};

static const auscult_library_info library = {INFO_SIZE, MAJOR, MINOR, CLASS_COUNT, BUILD_ID, CLASSES};

#ifdef NO_SYMBOL
const auscult_library_info *another_library(void) {
#else
const auscult_library_info *auscult_library(void) {
#endif
  (void)words, (void)no_words, (void)same_words;
#ifdef NULL_INFO
  return NULL;
#else
  return &library;
#endif
}
