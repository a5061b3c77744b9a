// One class for each defect that `auscult conformance` finds, named after the check that finds it. They differ from a
// node that keeps the rules in one place each.

#include "node.h"

// ---------------------------------------------------------------------------------------------------------------------
// descriptor: a detector without an output of scores.
// ---------------------------------------------------------------------------------------------------------------------

NODE(bad_descriptor, "bad.descriptor", .traits = AUSCULT_TRAIT_DETECTOR)

// ---------------------------------------------------------------------------------------------------------------------
// life: a second configure without an activate between frees what it does not have.
// ---------------------------------------------------------------------------------------------------------------------

static auscult_status configure_once(void *instance, const auscult_setup *setup, auscult_answer *answer,
                                     auscult_error *error) {
  node *self = instance;
  if (self->channels != 0 && self->is_active == 0) abort();
  return configure(instance, setup, answer, error);
}

NODE(bad_life, "bad.life", .configure = configure_once)

// ---------------------------------------------------------------------------------------------------------------------
// order: process of an instance that is not active uses memory that it does not have; deactivate of one waits for ever.
// ---------------------------------------------------------------------------------------------------------------------

static auscult_status activate_memory(void *instance, auscult_error *error) {
  node *self = instance;
  if (self->memory == NULL) self->memory = calloc(1, sizeof(double));
  return activate(instance, error);
}

static auscult_status count_calls(void *instance, auscult_cycle *cycle) {
  *(volatile double *)((node *)instance)->memory += 1;
  return process(instance, cycle);
}

static void destroy_memory(void *instance) {
  free(((node *)instance)->memory);
  destroy(instance);
}

static void wait_for_active(void *instance) {
  const volatile node *self = instance;
  while (!self->is_active) {
  }
  deactivate(instance);
}

NODE(bad_order_crash, "bad.order.crash", .process = count_calls, .activate = activate_memory,
     .destroy = destroy_memory)
NODE(bad_order_hang, "bad.order.hang", .deactivate = wait_for_active)

// ---------------------------------------------------------------------------------------------------------------------
// bounds: one sample too many is written, or read before the block.
// ---------------------------------------------------------------------------------------------------------------------

static auscult_status write_past(void *instance, auscult_cycle *cycle) {
  auscult_status status = process(instance, cycle);
  const auscult_block *output = cycle->outputs[0];
  if (output->count > 0) samples_out(output, ((node *)instance)->channels - 1)[output->capacity] = 0;
  return status;
}

static auscult_status read_before(void *instance, auscult_cycle *cycle) {
  auscult_status status = process(instance, cycle);
  const volatile float *first = samples_in(cycle->inputs[0], 0);
  // The value has no effect on the output.
  ((node *)instance)->number = cycle->inputs[0]->count > 0 ? first[-1] : 0;
  return status;
}

NODE(bad_bounds_write, "bad.bounds.write", .process = write_past)
NODE(bad_bounds_read, "bad.bounds.read", .process = read_before)

// ---------------------------------------------------------------------------------------------------------------------
// unwritten: the place of a loud sample is left as it was.
// ---------------------------------------------------------------------------------------------------------------------

static auscult_status leave_unwritten(void *instance, auscult_cycle *cycle) {
  const node *self = instance;
  const auscult_block *input = cycle->inputs[0];
  auscult_block *output = cycle->outputs[0];
  for (uint32_t channel = 0; channel < self->channels; channel++) {
    for (uint32_t i = 0; i < input->count; i++) {
      float sample = samples_in(input, channel)[i];
      if (!(sample > 0.9f)) samples_out(output, channel)[i] = self->factor * sample;
    }
  }
  output->count = input->count;
  return AUSCULT_OK;
}

NODE(bad_unwritten, "bad.unwritten", .process = leave_unwritten)

// ---------------------------------------------------------------------------------------------------------------------
// not-finite: a running sum keeps NaN for ever, because reset does not clear it.
// ---------------------------------------------------------------------------------------------------------------------

static auscult_status keep_nan(void *instance, auscult_cycle *cycle) {
  node *self = instance;
  auscult_status status = process(instance, cycle);
  const auscult_block *output = cycle->outputs[0];
  for (uint32_t i = 0; i < cycle->inputs[0]->count; i++) {
    float sample = samples_in(cycle->inputs[0], 0)[i];
    if (isnan(sample)) self->number = NAN;
    if (isnan(self->number)) samples_out(output, 0)[i] = NAN;
  }
  return status;
}

static void keep(void *instance) { (void)instance; }

NODE(bad_not_finite, "bad.not-finite", .process = keep_nan, .reset = keep)

// ---------------------------------------------------------------------------------------------------------------------
// levels: divides by the input.
// ---------------------------------------------------------------------------------------------------------------------

static auscult_status divide(void *instance, auscult_cycle *cycle) {
  auscult_status status = process(instance, cycle);
  for (uint32_t i = 0; i < cycle->inputs[0]->count; i++) {
    float sample = samples_in(cycle->inputs[0], 0)[i];
    samples_out(cycle->outputs[0], 0)[i] = sample / fabsf(sample);
  }
  return status;
}

NODE(bad_levels, "bad.levels", .process = divide)

// ---------------------------------------------------------------------------------------------------------------------
// cut: every call begins with a louder sample.
// ---------------------------------------------------------------------------------------------------------------------

static auscult_status mark_call(void *instance, auscult_cycle *cycle) {
  auscult_status status = process(instance, cycle);
  if (cycle->outputs[0]->count > 0) samples_out(cycle->outputs[0], 0)[0] *= 1.5f;
  return status;
}

NODE(bad_cut, "bad.cut", .process = mark_call)

// ---------------------------------------------------------------------------------------------------------------------
// beside: all instances share the last sample.
// ---------------------------------------------------------------------------------------------------------------------

static float shared;

static auscult_status share(void *instance, auscult_cycle *cycle) {
  auscult_status status = process(instance, cycle);
  for (uint32_t i = 0; i < cycle->inputs[0]->count; i++) {
    float sample = samples_in(cycle->inputs[0], 0)[i];
    samples_out(cycle->outputs[0], 0)[i] += 0.25f * shared;
    shared = sample;
  }
  return status;
}

static auscult_status activate_shared(void *instance, auscult_error *error) {
  shared = 0;
  return activate(instance, error);
}

static void reset_shared(void *instance) {
  (void)instance;
  shared = 0;
}

NODE(bad_beside, "bad.beside", .process = share, .activate = activate_shared, .reset = reset_shared)

// ---------------------------------------------------------------------------------------------------------------------
// reset: the last sample before a gap is heard after it.
// ---------------------------------------------------------------------------------------------------------------------

static auscult_status remember(void *instance, auscult_cycle *cycle) {
  node *self = instance;
  auscult_status status = process(instance, cycle);
  for (uint32_t i = 0; i < cycle->inputs[0]->count; i++) {
    samples_out(cycle->outputs[0], 0)[i] += (float)self->number;
    float sample = samples_in(cycle->inputs[0], 0)[i];
    self->number = isfinite(sample) && fabsf(sample) < 2 ? 0.25f * sample : 0;
  }
  return status;
}

NODE(bad_reset, "bad.reset", .process = remember, .reset = keep)

// ---------------------------------------------------------------------------------------------------------------------
// state: what is restored is not what was saved.
// ---------------------------------------------------------------------------------------------------------------------

static auscult_status save(void *instance, const auscult_state_sink *sink, auscult_error *error) {
  (void)error;
  return sink->write(sink, &((node *)instance)->number, sizeof(double));
}

static auscult_status restore_badly(void *instance, const void *bytes, uint64_t count, auscult_error *error) {
  if (count != sizeof(double)) {
    snprintf(error->text, sizeof error->text, "a state has %zu bytes, not %llu", sizeof(double),
             (unsigned long long)count);
    return AUSCULT_FAILED;
  }
  double number;
  memcpy(&number, bytes, sizeof number);
  ((node *)instance)->number = number + 1;
  return AUSCULT_OK;
}

static const auscult_state bad_state_table = {
    .size = sizeof(auscult_state), .save = save, .restore = restore_badly};

static const void *extend_state(const auscult_class *self, const char *name) {
  (void)self;
  return strcmp(name, AUSCULT_STATE) == 0 ? &bad_state_table : NULL;
}

NODE(bad_state, "bad.state", .process = remember, .extension = extend_state)

// ---------------------------------------------------------------------------------------------------------------------
// parameters: the greatest gain crashes.
// ---------------------------------------------------------------------------------------------------------------------

static auscult_status create_small(const auscult_class *self, const auscult_host *host, uint32_t count,
                                   const auscult_argument *arguments, void **instance, auscult_error *error) {
  if (find(count, arguments, "gain")->number >= 1000) abort();
  return create(self, host, count, arguments, instance, error);
}

NODE(bad_parameters, "bad.parameters", .create = create_small)

// ---------------------------------------------------------------------------------------------------------------------
// tune: taking the present values again starts anew.
// ---------------------------------------------------------------------------------------------------------------------

static auscult_status prepare(void *instance, uint32_t count, const auscult_argument *arguments, void **values,
                              auscult_error *error) {
  (void)instance;
  (void)error;
  float *prepared = malloc(sizeof *prepared);
  *prepared = (float)find(count, arguments, "gain")->number;
  *values = prepared;
  return AUSCULT_OK;
}

static void take_badly(void *instance, const void *values) {
  ((node *)instance)->factor = 1.01f * *(const float *)values;
}

static void dispose(void *instance, void *values) {
  (void)instance;
  free(values);
}

static const auscult_tune bad_tune_table = {
    .size = sizeof(auscult_tune), .prepare = prepare, .take = take_badly, .dispose = dispose};

static const void *extend_tune(const auscult_class *self, const char *name) {
  (void)self;
  return strcmp(name, AUSCULT_TUNE) == 0 ? &bad_tune_table : NULL;
}

NODE(bad_tune, "bad.tune", .extension = extend_tune)

// ---------------------------------------------------------------------------------------------------------------------
// realtime: allocates, locks, or asks the system.
// ---------------------------------------------------------------------------------------------------------------------

static auscult_status allocate(void *instance, auscult_cycle *cycle) {
  void *volatile memory = malloc(64);
  free(memory);
  return process(instance, cycle);
}

static auscult_status lock(void *instance, auscult_cycle *cycle) {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  auscult_status status = process(instance, cycle);
  pthread_mutex_unlock(&mutex);
  return status;
}

static auscult_status ask(void *instance, auscult_cycle *cycle) {
  usleep(0);
  return process(instance, cycle);
}

NODE(bad_realtime_memory, "bad.realtime.memory", .process = allocate)
NODE(bad_realtime_lock, "bad.realtime.lock", .process = lock)
NODE(bad_realtime_system, "bad.realtime.system", .process = ask)

// ---------------------------------------------------------------------------------------------------------------------
// leaks: destroy does not free what activate allocates.
// ---------------------------------------------------------------------------------------------------------------------

static auscult_status activate_leaking(void *instance, auscult_error *error) {
  ((node *)instance)->memory = malloc(100);
  memset(((node *)instance)->memory, 0, 100);
  return activate(instance, error);
}

NODE(bad_leaks, "bad.leaks", .activate = activate_leaking)

// ---------------------------------------------------------------------------------------------------------------------
// spans: delays the sound by 100 samples, and does not say so; or holds back what it has.
// ---------------------------------------------------------------------------------------------------------------------

#define DELAY 100

static auscult_status activate_delay(void *instance, auscult_error *error) {
  node *self = instance;
  if (self->memory == NULL) self->memory = malloc(DELAY * sizeof(float));
  memset(self->memory, 0, DELAY * sizeof(float));
  return activate(instance, error);
}

static void reset_delay(void *instance) {
  if (((node *)instance)->memory == NULL) return;
  memset(((node *)instance)->memory, 0, DELAY * sizeof(float));
  ((node *)instance)->number = 0;
}

static auscult_status delay(void *instance, auscult_cycle *cycle) {
  node *self = instance;
  float *line = self->memory;
  uint32_t place = (uint32_t)self->number;
  if (line == NULL) return AUSCULT_FAILED;
  process(instance, cycle);
  for (uint32_t i = 0; i < cycle->inputs[0]->count; i++) {
    for (uint32_t channel = 1; channel < self->channels; channel++) samples_out(cycle->outputs[0], channel)[i] = 0;
    float sample = samples_in(cycle->inputs[0], 0)[i];
    samples_out(cycle->outputs[0], 0)[i] = line[place];
    line[place] = sample;
    place = (place + 1) % DELAY;
  }
  self->number = place;
  return AUSCULT_OK;
}

static void destroy_delay(void *instance) {
  free(((node *)instance)->memory);
  destroy(instance);
}

NODE(bad_spans_moved, "bad.spans.moved", .process = delay, .activate = activate_delay, .reset = reset_delay,
     .destroy = destroy_delay)

static const auscult_class *const classes[] = {
    &bad_descriptor,      &bad_life,          &bad_order_crash,     &bad_order_hang,
    &bad_bounds_write,    &bad_bounds_read,   &bad_unwritten,
    &bad_not_finite,      &bad_levels,        &bad_cut,             &bad_beside,      &bad_reset,
    &bad_state,           &bad_parameters,    &bad_tune,            &bad_realtime_memory,
    &bad_realtime_lock,   &bad_realtime_system, &bad_leaks,         &bad_spans_moved,
};

static const auscult_library_info library = {
    .size = sizeof(auscult_library_info),
    .abi_major = AUSCULT_ABI_MAJOR,
    .abi_minor = AUSCULT_ABI_MINOR,
    .class_count = sizeof classes / sizeof *classes,
    .build_id = NULL,
    .classes = classes,
};

const auscult_library_info *auscult_library(void) { return &library; }
