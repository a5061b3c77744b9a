// What the C library declares for C alone.

#ifndef CPROCESSORS_H
#define CPROCESSORS_H

/// The number of processors that the calling thread may use; at least 1.
int processors_allowed(void);

#endif
