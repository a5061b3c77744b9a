// Positions of a stream's tokens in time. Time is counted in ticks of 1/denominator of a driver frame (see
// auscult_format). When ticks become driver frames, a begin is rounded down and an end is rounded up, so that a span
// never lacks a part of what it covers.
//
// Every function here is pure: any thread, any state. Tokens are numbered from a head: 0 is the head's own token. An
// audio block has one head, for its first sample.

#ifndef AUSCULT_TIME_H
#define AUSCULT_TIME_H

#include "auscult/node.h"

#ifdef __cplusplus
extern "C" {
#endif

// Tells Swift's compiler that a function neither locks nor allocates.
#if defined(__clang__)
#define AUSCULT_PURE __attribute__((swift_attr("@_noLocks"))) __attribute__((swift_attr("@_noAllocation")))
#else
#define AUSCULT_PURE
#endif

// number / per rounded down; per > 0.
AUSCULT_PURE static inline int64_t auscult_floor_divide(int64_t number, int64_t per) {
  int64_t quotient = number / per;
  return number % per < 0 ? quotient - 1 : quotient;
}

// number / per rounded up; per > 0.
AUSCULT_PURE static inline int64_t auscult_ceil_divide(int64_t number, int64_t per) {
  int64_t quotient = number / per;
  return number % per > 0 ? quotient + 1 : quotient;
}

// Ticks at which the nominal content of a token (audio: a sample) begins. A centred column may begin before the stream.
AUSCULT_PURE static inline int64_t auscult_begin_ticks(const auscult_format *format, const auscult_head *head,
                                                       int64_t token) {
  return head->origin + format->offset + (head->index + token) * format->period;
}

// Ticks at which it ends: the first tick that it does not cover.
AUSCULT_PURE static inline int64_t auscult_end_ticks(const auscult_format *format, const auscult_head *head,
                                                     int64_t token) {
  return auscult_begin_ticks(format, head, token) + format->extent;
}

// Driver frame position of its begin, as in records: not before the stream, and not before the end of the last gap.
AUSCULT_PURE static inline int64_t auscult_begin_frame(const auscult_format *format, const auscult_head *head,
                                                       int64_t token) {
  int64_t begin = auscult_floor_divide(auscult_begin_ticks(format, head, token), format->denominator);
  if (begin < head->segment) begin = head->segment;
  return begin < 0 ? 0 : begin;
}

// Driver frame position of its end.
AUSCULT_PURE static inline int64_t auscult_end_frame(const auscult_format *format, const auscult_head *head,
                                                     int64_t token) {
  return auscult_ceil_divide(auscult_end_ticks(format, head, token), format->denominator);
}

#ifdef __cplusplus
}
#endif

#endif
