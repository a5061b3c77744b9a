// What `auscult conformance` needs to catch a node that breaks the ABI: memory with guard pages, and a watch over the
// calls that a realtime thread must not make. For a child process that tries one node: neither is ever undone.

#ifndef CCONFORMANCE_H
#define CCONFORMANCE_H

#include <stddef.h>
#include <stdint.h>

#include "auscult/node.h"

// ---------------------------------------------------------------------------------------------------------------------
// Guard pages
// ---------------------------------------------------------------------------------------------------------------------

// Readable and writable bytes between two pages that nobody may touch. at_end: the last byte lies before a guard page;
// else the first byte lies after one. bytes is a multiple of 64 if at_end. tag: named in a fault. NULL: no memory.
void *guard_allocate(size_t bytes, int at_end, int tag);

// Frees what guard_allocate returned.
void guard_free(void *memory);

typedef struct guard_fault {
  int tag;
  int is_write;
  int is_before;     // before the first byte, not after the last
  uint64_t distance;  // bytes from the nearest byte that the node may touch: 1 is the next one
} guard_fault;

// Calls process. If it touches a guard page, returns 1 and fills the fault: the node must then not be called again.
// Other crashes end the process. Not for several threads at once.
int guard_process(const auscult_class *node_class, void *instance, auscult_cycle *cycle, auscult_status *status,
                  guard_fault *fault);

// ---------------------------------------------------------------------------------------------------------------------
// Calls that a realtime thread must not make
// ---------------------------------------------------------------------------------------------------------------------

#define WATCH_ALLOCATES 0
#define WATCH_LOCKS 1
#define WATCH_SYSTEM_CALLS 2
#define WATCH_KINDS 3

typedef struct watch_report {
  uint64_t counts[WATCH_KINDS];
  char first[WATCH_KINDS][48];  // the first call of each kind: "malloc", "write"
  int sees_functions;     // the calls of library functions were watched
  int sees_system_calls;  // the system calls were watched
} watch_report;

// Directs the calls of malloc, pthread_mutex_lock and others, from every loaded library, through counters. Returns the
// number of redirected places; 0: not possible on this system.
int watch_install(void);

// Runs `body` on a thread of its own. Between watch_begin and watch_end, calls of that thread are counted.
void watch_run(void (*body)(void *context), void *context, watch_report *report);

void watch_begin(void);
void watch_end(void);

// The thread of watch_run may make no system call from here on but its own end. Between watch_begin and watch_end they
// are counted and fail with ENOSYS; outside, too, so the caller makes none either.
void watch_refuse_system_calls(void);

// ---------------------------------------------------------------------------------------------------------------------
// Memory
// ---------------------------------------------------------------------------------------------------------------------

// Runs `body` on a new thread and waits for its end. 0, or an error's number. What malloc keeps for a thread, and counts
// as given out, is free after it.
int run_on_thread(void (*body)(void *context), void *context);

// Bytes that malloc has given out, in all arenas and mappings.
uint64_t allocated_bytes(void);

#endif
