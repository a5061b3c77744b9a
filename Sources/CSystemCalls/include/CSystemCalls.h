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

#endif
