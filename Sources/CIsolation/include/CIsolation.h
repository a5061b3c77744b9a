// Calls of the system for a node in a process of its own: the memory that two processes share, the wait for a turn, and
// the limits of the node's process.

#ifndef CISOLATION_H
#define CISOLATION_H

#include <stddef.h>
#include <stdint.h>

// A word in shared memory, read and written with the order that a hand-over needs.
static inline uint32_t turn_load(const uint32_t *_Nonnull word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }
static inline void turn_store(uint32_t *_Nonnull word, uint32_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

// Waits while the word has this value, at most for some nanoseconds; a negative number: without limit. It may return early.
void turn_wait(uint32_t *_Nonnull word, uint32_t value, int64_t nanoseconds);
// Wakes every process that waits for the word.
void turn_wake(uint32_t *_Nonnull word);

// The descriptor of memory to share, whose size nobody can change any more; -1: errno says why.
int make_shared_memory(size_t bytes);

// A descriptor that can be read when a process has ended; -1: the kernel has none.
int open_process(int process);

// Whether the calling thread treats denormal numbers as zero.
int flushes_denormals(void);

// ---------------------------------------------------------------------------------------------------------------------
// The node's process limits itself, before it loads any foreign code. Each is for good.
// ---------------------------------------------------------------------------------------------------------------------

// Ends this process when its parent ends. 0: the parent has already ended.
int end_with_parent(int parent);

#define CONFINED_PRIVILEGES 0x1u  // no program that it starts gains privileges
#define CONFINED_CALLS 0x2u       // seccomp: no sockets, no processes, no signals to others, no change of limits
#define CONFINED_FILES 0x4u       // landlock: files are made and written in the given folders only
#define CONFINED_MEMORY 0x8u      // a limit of its memory
#define CONFINED_WRITING 0x10u    // seccomp: no file is opened for writing

// - folders: NULL-terminated; files may be made and written there. None: nowhere.
// - memory: bytes beyond those that the process uses now.
// - may_execute: it may become another program, as a `command` does.
// Returns the CONFINED_* that are in force.
uint32_t confine(const char *_Nullable const *_Nonnull folders, uint64_t memory, int may_execute);

#endif
