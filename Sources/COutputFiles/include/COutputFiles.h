// Calls of the system that Swift does not see.

#ifndef COUTPUTFILES_H
#define COUTPUTFILES_H

// Renames a file, and replaces none: 0, or -1 with errno: EEXIST, or EINVAL where the file system can't promise it.
int rename_without_replacing(const char *from, const char *to);

#endif
