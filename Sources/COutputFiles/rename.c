#define _GNU_SOURCE
#include "COutputFiles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

int rename_without_replacing(const char *from, const char *to) {
#ifdef RENAME_NOREPLACE
  return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
#else
  (void)from;
  (void)to;
  errno = EINVAL;
  return -1;
#endif
}
