// Calls of the system that Swift does not see.

#ifndef CSYSTEMCALLS_H
#define CSYSTEMCALLS_H

#include <spawn.h>

// Renames a file, and replaces none: 0, or -1 with errno: EEXIST, or EINVAL where the file system can't promise it.
int rename_without_replacing(const char *from, const char *to);

// Both ends of a pipe, to read and to write, which no program inherits: 0, or -1 with errno.
int make_private_pipe(int *ends);

// The descriptor of a file without a name that lies in memory, which no program inherits, or -1 with errno.
int make_memory_file(const char *name);

// For a program that is started: closes all descriptors from one on; goes to a folder. 0, or an error's number.
int spawn_close_from(posix_spawn_file_actions_t *actions, int first);
int spawn_change_folder(posix_spawn_file_actions_t *actions, const char *folder);

// Whether a time service keeps the wall clock right: 1, or 0: no, or the system does not say.
int clock_is_synchronised(void);

// Names the calling thread, for debuggers and `top`. The system keeps 15 bytes.
void name_this_thread(const char *name);

// Keeps in memory what is there now and, from the time that it is touched, what other present mappings hold: 0, or -1
// with errno.
int lock_touched_memory(void);

// Reads the code and constants of this program (path "") and of each loaded library for which `is_wanted` is not 0.
void read_code(int (*is_wanted)(const char *path));

// Gives back the memory of the others' code and constants. What is used of them later is read from their files again.
// Before `lock_touched_memory`.
void release_code(int (*is_wanted)(const char *path));

#endif
