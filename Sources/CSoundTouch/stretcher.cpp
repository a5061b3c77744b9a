#include "CSoundTouch.h"

#include <SoundTouch.h>

#include <memory>
#include <type_traits>

static_assert(std::is_same<soundtouch::SAMPLETYPE, float>::value, "SoundTouch was built for whole-number samples");

struct soundtouch_stretcher {
  soundtouch::SoundTouch touch;
};

soundtouch_stretcher *soundtouch_make(int rate, int channels, double semitones, double pace) {
  try {
    auto made = std::make_unique<soundtouch_stretcher>();
    made->touch.setSampleRate(static_cast<unsigned>(rate));
    made->touch.setChannels(static_cast<unsigned>(channels));
    made->touch.setPitchSemiTones(semitones);
    made->touch.setTempo(pace);
    return made.release();
  } catch (...) {
    return nullptr;
  }
}

void soundtouch_put(soundtouch_stretcher *stretcher, const float *frames, int count) {
  stretcher->touch.putSamples(frames, static_cast<unsigned>(count));
}

void soundtouch_finish(soundtouch_stretcher *stretcher) { stretcher->touch.flush(); }

int soundtouch_take(soundtouch_stretcher *stretcher, float *frames, int most) {
  return static_cast<int>(stretcher->touch.receiveSamples(frames, static_cast<unsigned>(most)));
}

void soundtouch_free(soundtouch_stretcher *stretcher) { delete stretcher; }
