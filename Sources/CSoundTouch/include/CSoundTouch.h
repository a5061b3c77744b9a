// SoundTouch behind C: changes the pitch of sound, or its pace, and leaves the other as it is.

#ifndef CSOUNDTOUCH_H
#define CSOUNDTOUCH_H

#ifdef __cplusplus
extern "C" {
#endif

typedef struct soundtouch_stretcher soundtouch_stretcher;

// - semitones: how much higher; 0: as it is.
// - pace: how much faster; 1: as it is.
// NULL where there is no memory. At most 16 channels.
soundtouch_stretcher *soundtouch_make(int rate, int channels, double semitones, double pace);

// Takes frames, interleaved.
void soundtouch_put(soundtouch_stretcher *stretcher, const float *frames, int count);

// No more come: what is held back can be taken.
void soundtouch_finish(soundtouch_stretcher *stretcher);

// Takes out up to `most` frames, interleaved. Returns how many there were; 0: it wants more first.
int soundtouch_take(soundtouch_stretcher *stretcher, float *frames, int most);

void soundtouch_free(soundtouch_stretcher *stretcher);

#ifdef __cplusplus
}
#endif
#endif
