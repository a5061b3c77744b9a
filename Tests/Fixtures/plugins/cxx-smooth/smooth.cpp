// A node in C++: smooths every column of a feature stream over time with one pole, y += (x - y) * amount.

#define AUSCULT_PLUGIN
#include "auscult/node.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <vector>

namespace {

class Smooth {
 public:
  explicit Smooth(float amount) : amount_(amount) {}

  void configure(const auscult_format &format) {
    channels_ = format.channels;
    columns_ = format.columns;
  }

  std::size_t bytes() const { return std::size_t{channels_} * columns_ * sizeof(float); }

  // All memory that process needs.
  void activate() {
    state_.assign(std::size_t{channels_} * columns_, 0.0f);
    isFresh_ = true;
  }

  void reset() noexcept { isFresh_ = true; }

  void process(const auscult_block &input, auscult_block &output) noexcept {
    for (uint32_t token = 0; token < input.count; token++) {
      for (uint32_t channel = 0; channel < channels_; channel++) {
        smooth(at(input, token, channel), at(output, token, channel), &state_[std::size_t{channel} * columns_]);
      }
      isFresh_ = false;
    }
    output.count = input.count;
  }

 private:
  // The first vector after a reset stays unchanged.
  void smooth(const float *from, float *to, float *state) const noexcept {
    for (uint32_t i = 0; i < columns_; i++) {
      state[i] = isFresh_ ? from[i] : state[i] + (from[i] - state[i]) * amount_;
      to[i] = state[i];
    }
  }

  static float *at(const auscult_block &block, uint32_t token, uint32_t channel) noexcept {
    auto *bytes = static_cast<char *>(block.data);
    return reinterpret_cast<float *>(bytes + std::size_t{token} * block.token_stride +
                                     std::size_t{channel} * block.channel_stride);
  }

  float amount_;
  uint32_t channels_ = 0;
  uint32_t columns_ = 0;
  bool isFresh_ = true;
  std::vector<float> state_;
};

Smooth &node(void *instance) { return *static_cast<Smooth *>(instance); }

// No exception crosses the ABI.
template <typename Body>
auscult_status guarded(auscult_error *error, Body body) noexcept {
  try {
    body();
    return AUSCULT_OK;
  } catch (const std::exception &problem) {
    std::snprintf(error->text, sizeof error->text, "%s", problem.what());
    return AUSCULT_FAILED;
  }
}

auscult_status create(const auscult_class *, const auscult_host *, uint32_t count, const auscult_argument *arguments,
                      void **instance, auscult_error *error) {
  return guarded(error, [&] {
    const auto *amount = std::find_if(arguments, arguments + count,
                                      [](const auto &item) { return std::strcmp(item.name, "amount") == 0; });
    *instance = new Smooth(static_cast<float>(amount->value.number / 100));
  });
}

auscult_status configure(void *instance, const auscult_setup *setup, auscult_answer *answer, auscult_error *error) {
  return guarded(error, [&] {
    node(instance).configure(setup->inputs[0]);
    answer->outputs[0].frequencies = setup->inputs[0].frequencies;
    answer->outputs[0].frequency_count = setup->inputs[0].frequency_count;
    answer->reach = AUSCULT_UNBOUNDED;
    answer->memory = node(instance).bytes();
  });
}

auscult_status activate(void *instance, auscult_error *error) {
  return guarded(error, [&] { node(instance).activate(); });
}

void reset(void *instance) { node(instance).reset(); }

auscult_status process(void *instance, auscult_cycle *cycle) {
  node(instance).process(*cycle->inputs[0], *cycle->outputs[0]);
  return AUSCULT_OK;
}

void deactivate(void *) {}

void destroy(void *instance) { delete &node(instance); }

constexpr auscult_port port(const char *name, const char *summary) {
  return {sizeof(auscult_port), name, AUSCULT_FEATURES, 0, summary};
}

const auscult_port inputs[] = {port("in", "Features")};
const auscult_port outputs[] = {port("out", "Smoothed features")};
const auscult_parameter parameters[] = {{sizeof(auscult_parameter), "amount", AUSCULT_NUMBER, AUSCULT_UNIT_PERCENT,
                                         AUSCULT_UNIT_PERCENT, 0, 0.1, 100, "50 %", nullptr,
                                         "How much of each new vector counts"}};

const auscult_class smoothClass = {sizeof(auscult_class), "test.cxx.smooth", "1.0.0",
                                   "Smooths features over time with one pole.", AUSCULT_HARD, 0, 1, 1, 1, 0, inputs,
                                   outputs, parameters, nullptr, create, configure, activate, reset, process,
                                   deactivate, destroy, nullptr};

const auscult_class *const classes[] = {&smoothClass};

const auscult_library_info library = {sizeof(auscult_library_info), AUSCULT_ABI_MAJOR, AUSCULT_ABI_MINOR, 1,
                                      "test-cxx-1", classes};

}  // namespace

extern "C" const auscult_library_info *auscult_library(void) { return &library; }
