// What libraries print, kept out of results and records.
//
// libsndfile and its decoders print: mpg123 to the C library's `stderr` of every damaged frame, libsndfile to `stdout`
// in places. Descriptors can't be turned aside for the time of a call while other threads write to them, so the two
// streams themselves are exchanged once, before there are threads. Whoever writes to descriptors is not concerned.

#ifndef CSTREAMS_H
#define CSTREAMS_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// Gets what was printed, mostly a line; on the thread that prints. `is_error`: to `stderr`.
typedef void (*streams_receiver)(bool is_error, const char *bytes, size_t count);

// From now on what is printed to `stdout` and `stderr` goes to `receive`. Once, before other threads exist. False where
// there is no memory for it: all stays as it was.
bool streams_divert(streams_receiver receive);

// What this thread prints until `streams_unhush` is dropped, if the streams were diverted. Calls nest.
void streams_hush(void);
void streams_unhush(void);

#ifdef __cplusplus
}
#endif

#endif
