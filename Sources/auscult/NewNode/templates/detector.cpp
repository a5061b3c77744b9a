// detector.@NAME@: the distance of a token's level from the usual one.
//
// A token is what the node before yields: features (a value for each band) or a slice (such rows one after the other).
// Its level is the mean of its values; the score is how far that is from the usual level of the machine. The usual
// level and the threshold come from the graph, or from a model that `auscult train` wrote.
//
// To make a detector of your own, change `levelOf` and what is learned and loaded (`take`, `write`, `load`).
// auscult/node.h describes every function and struct. AUSCULT_HARD below promises that `process` never allocates, locks,
// waits or makes a system call, so that it may run on the realtime thread. No exception may leave a function of the ABI.

#define AUSCULT_PLUGIN
#include "auscult/trainer.h"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <exception>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <unistd.h>

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
// Scores must be finite, whatever the input is.
constexpr double greatestScore = 1e30;

struct Machine {
  double usual = unknown;      // the level of usual tokens
  double threshold = unknown;  // a score above it is anomalous
};

// The host shows it at the line of the parameter, or of the node.
struct Problem : std::runtime_error {
  explicit Problem(const std::string &text, const char *parameter = "")
      : std::runtime_error(text), parameter(parameter) {}
  const char *parameter;
};

// The host has written what is wrong to its auscult_error.
struct AlreadyTold : std::exception {};

double levelOf(const float *values, std::size_t count) noexcept {
  double sum = 0;
  for (std::size_t i = 0; i < count; i++) sum += values[i];
  return sum / static_cast<double>(count);
}

// Element (token, channel) of a block.
template <typename Value>
Value *element(const auscult_block &block, uint32_t token, uint32_t channel) noexcept {
  auto *bytes = static_cast<char *>(block.data);
  return reinterpret_cast<Value *>(bytes + std::size_t{token} * block.token_stride +
                                   std::size_t{channel} * block.channel_stride);
}

class Detector {
 public:
  // The host has checked types, units, ranges and words of all arguments; they stay valid until destroy.
  Detector(const auscult_host *host, uint32_t count, const auscult_argument *arguments) : host_(host) {
    for (const auto *argument = arguments; argument != arguments + count; argument++) {
      const std::string name = argument->name;
      if (name == "model") model_ = argument->value.text;
      if (argument->value.type != AUSCULT_NUMBER) continue;  // the word 'model'
      if (name == "usual") usual_ = argument->value.number;
      if (name == "threshold") threshold_ = argument->value.number;
    }
  }

  // Reads the format of the input, and tells the format of the output.
  void configure(const auscult_setup &setup, auscult_answer &answer, auscult_error *error) {
    const auscult_format &in = setup.inputs[0];
    width_ = std::size_t{in.rows} * in.columns;
    machines_.assign(in.channels, Machine());
    // A graph may be checked before its model exists; activate insists on it.
    if (model_ != nullptr && access(model_, R_OK) == 0) {
      load(in, error);
      producer_.size = sizeof producer_;
      producer_.model = digest_.c_str();
      answer.producer = &producer_;
    }
    for (auto &machine : machines_) {
      if (!std::isnan(usual_)) machine.usual = usual_;
      if (!std::isnan(threshold_)) machine.threshold = threshold_;
    }
    auscult_format &out = answer.outputs[0];
    out.kind = AUSCULT_SCORE;
    out.rows = out.columns = 1;
    out.scale = AUSCULT_SCALE_OTHER;
    out.stamp = AUSCULT_STAMP_NODE;  // a score has its token's position
    answer.bursts[0] = 64;           // nodes before this one may hold tokens back, and deliver many in one call
    answer.history = (in.extent + in.denominator - 1) / in.denominator;
  }

  void activate() const {
    for (const auto &machine : machines_) {
      if (!std::isnan(machine.usual) && !std::isnan(machine.threshold)) continue;
      if (model_ == nullptr) {
        throw Problem("needs a model of `auscult train`, or numbers for 'usual' and 'threshold'", "model");
      }
      throw Problem(
          std::string(model_) + " does not exist, or has no threshold: train it with `auscult train`", "model");
    }
  }

  // Judges all tokens that have arrived. No allocation, no lock, no system call here.
  void process(const auscult_block &in, auscult_block &out) const noexcept {
    for (uint32_t token = 0; token < in.count; token++) {
      for (uint32_t channel = 0; channel < machines_.size(); channel++) {
        const double level = levelOf(element<const float>(in, token, channel), width_);
        const double distance = std::fabs(level - machines_[channel].usual);
        auto &score = *element<auscult_score>(out, token, channel);
        score = auscult_score();
        score.score = distance < greatestScore ? distance : greatestScore;
        score.threshold = machines_[channel].threshold;
        score.class_index = -1;
      }
      out.heads[token] = in.heads[token];
    }
    out.count = in.count;
  }

  // trainer/1: begin, take (each machine's tokens), fit, write, end. The host finds the threshold from the scores.

  void begin(const auscult_training &training) {
    training_ = &training;
    machines_.assign(training.machine_count, Machine());
  }

  void take(const auscult_examples &examples) {
    double sum = 0;
    for (uint64_t i = 0; i < examples.count; i++) {
      sum += levelOf(examples.values + i * examples.width, examples.width);
    }
    machines_[examples.machine].usual = sum / static_cast<double>(examples.count);
  }

  void fit() const {
    if (training_->progress(training_, 1, "levels") != 0) throw Problem("interrupted");
  }

  void write(const auscult_model_writer &writer) const {
    const uint64_t shape[1] = {1};
    for (std::size_t i = 0; i < machines_.size(); i++) {
      const double usual = machines_[i].usual;
      if (std::isnan(usual)) continue;  // a machine without tokens
      const auto index = static_cast<int32_t>(i);
      if (writer.tensor(&writer, index, "usual", AUSCULT_FLOAT64, 1, shape, &usual) != AUSCULT_OK) {
        throw Problem("the host refused the usual level");
      }
    }
  }

  void end() { machines_.clear(); }

 private:
  void load(const auscult_format &format, auscult_error *error) {
    const auto *models = static_cast<const auscult_models *>(host_->extension(host_, AUSCULT_MODELS));
    if (models == nullptr) throw Problem("this host reads no models", "model");
    auscult_model *opened = nullptr;
    if (models->open(host_, model_, &opened, error) != AUSCULT_OK) throw AlreadyTold();
    const std::unique_ptr<auscult_model, void (*)(auscult_model *)> model(opened, models->close);
    for (std::size_t i = 0; i < machines_.size(); i++) {
      machines_[i] = machine(*models, model.get(), format.machines[i], error);
    }
    digest_ = models->digest(model.get());
  }

  static Machine machine(const auscult_models &models, const auscult_model *model, const char *name,
                         auscult_error *error) {
    const int32_t index = models.machine(model, name);
    if (index < 0) {
      throw Problem(std::string("the model does not know the machine '") + name + "', only " + models.machines(model),
                    "model");
    }
    auscult_tensor tensor = {};
    tensor.size = sizeof tensor;
    if (models.tensor(model, index, "usual", &tensor, error) != AUSCULT_OK) throw AlreadyTold();
    if (tensor.type != AUSCULT_FLOAT64 || tensor.rank != 1 || tensor.shape[0] != 1) {
      throw Problem("the model is of another detector: train one for this one", "model");
    }
    return {*static_cast<const double *>(tensor.data), models.threshold(model, index)};
  }

  const auscult_host *host_;
  const char *model_ = nullptr;  // path of the model
  double usual_ = unknown;       // of the graph, for all machines; unknown: those of the model
  double threshold_ = unknown;
  std::size_t width_ = 0;          // values in a token
  std::vector<Machine> machines_;  // a channel is a machine
  std::string digest_;             // of the model
  auscult_producer producer_ = {};
  const auscult_training *training_ = nullptr;
};

// ---------------------------------------------------------------------------------------------------------------------
// The functions of the ABI
// ---------------------------------------------------------------------------------------------------------------------

template <typename Body>
auscult_status guarded(auscult_error *error, Body body) noexcept {
  try {
    body();
    return AUSCULT_OK;
  } catch (const AlreadyTold &) {
  } catch (const Problem &problem) {
    std::snprintf(error->text, sizeof error->text, "%s", problem.what());
    std::snprintf(error->parameter, sizeof error->parameter, "%s", problem.parameter);
  } catch (const std::exception &problem) {
    std::snprintf(error->text, sizeof error->text, "%s", problem.what());
  }
  return AUSCULT_FAILED;
}

Detector &detector(void *instance) noexcept { return *static_cast<Detector *>(instance); }

auscult_status create(const auscult_class *, const auscult_host *host, uint32_t count,
                      const auscult_argument *arguments, void **instance, auscult_error *error) {
  return guarded(error, [&] { *instance = new Detector(host, count, arguments); });
}

auscult_status configure(void *instance, const auscult_setup *setup, auscult_answer *answer, auscult_error *error) {
  return guarded(error, [&] { detector(instance).configure(*setup, *answer, error); });
}

auscult_status activate(void *instance, auscult_error *error) {
  return guarded(error, [&] { detector(instance).activate(); });
}

auscult_status process(void *instance, auscult_cycle *cycle) {
  detector(instance).process(*cycle->inputs[0], *cycle->outputs[0]);
  return AUSCULT_OK;
}

void deactivate(void *) {}

void destroy(void *instance) { delete &detector(instance); }

const auscult_trainer trainer = {
    sizeof(auscult_trainer), AUSCULT_TRAINER_SEEDLESS,
    [](void *instance, const auscult_training *training, auscult_error *error) {
      return guarded(error, [&] { detector(instance).begin(*training); });
    },
    [](void *instance, const auscult_examples *examples, auscult_error *error) {
      return guarded(error, [&] { detector(instance).take(*examples); });
    },
    [](void *instance, auscult_error *error) { return guarded(error, [&] { detector(instance).fit(); }); },
    [](void *instance, const auscult_model_writer *writer, auscult_error *error) {
      return guarded(error, [&] { detector(instance).write(*writer); });
    },
    [](void *instance) { detector(instance).end(); }};

const void *extension(const auscult_class *, const char *name) {
  return std::strcmp(name, AUSCULT_TRAINER) == 0 ? &trainer : nullptr;
}

// ---------------------------------------------------------------------------------------------------------------------
// What `auscult nodes detector.@NAME@` shows, and graphs are checked against
// ---------------------------------------------------------------------------------------------------------------------

const auscult_port inputs[] = {
    {sizeof(auscult_port), "in", AUSCULT_FEATURES | AUSCULT_SLICE, 0, "Levels of bands"}};
const auscult_port outputs[] = {
    {sizeof(auscult_port), "score", AUSCULT_SCORE, 0, "Distance from the usual level"}};

const char *const learned[] = {"model", nullptr};

const auscult_parameter parameters[] = {
    {sizeof(auscult_parameter), "model", AUSCULT_INPUT_PATH, 0, 0, 0, 0, 0, nullptr, nullptr,
     "A model file of `auscult train`"},
    {sizeof(auscult_parameter), "usual", AUSCULT_NUMBER, AUSCULT_UNIT_DECIBEL, AUSCULT_UNIT_NONE, 0, -1e6, 1e6,
     "model", learned, "The usual level, in the input's unit; 'model': as learned"},
    {sizeof(auscult_parameter), "threshold", AUSCULT_NUMBER, AUSCULT_UNIT_DECIBEL, AUSCULT_UNIT_NONE, 0, 0, 1e6,
     "model", learned, "Scores above it are anomalous; 'model': as learned"}};

const auscult_class nodeClass = {
    sizeof(auscult_class), "detector.@NAME@", "1.0.0", "Distance of the level from the usual one.", AUSCULT_HARD,
    AUSCULT_TRAIT_DETECTOR | AUSCULT_TRAIT_TRAINABLE, 1, 1, 3, 0, inputs, outputs, parameters, nullptr, create,
    configure, activate, nullptr, process, deactivate, destroy, extension};

const auscult_class *const classes[] = {&nodeClass};

// Without a build id of its own, the library has the one that the linker writes: every build has another.
const auscult_library_info library = {
    sizeof(auscult_library_info), AUSCULT_ABI_MAJOR, AUSCULT_ABI_MINOR, 1, nullptr, classes};

}  // namespace

extern "C" const auscult_library_info *auscult_library(void) { return &library; }
