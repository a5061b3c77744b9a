#define _GNU_SOURCE
#include "CSystemCalls.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/timex.h>
#include <unistd.h>

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

int make_private_pipe(int *ends) { return pipe2(ends, O_CLOEXEC); }

int make_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
  return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

int spawn_change_folder(posix_spawn_file_actions_t *actions, const char *folder) {
  return posix_spawn_file_actions_addchdir_np(actions, folder);
}

void name_this_thread(const char *name) {
  char kept[16] = {0};
  strncpy(kept, name, sizeof kept - 1);
  pthread_setname_np(pthread_self(), kept);
}

#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

int lock_touched_memory(void) { return mlockall(MCL_CURRENT | MCL_ONFAULT); }

static void read_pages(uintptr_t begin, uintptr_t end) {
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  // Linux before 5.14 does not know the advice.
  if (madvise((void *)begin, end - begin, MADV_POPULATE_READ) == 0) return;
  for (uintptr_t place = begin; place < end; place += page) (void)*(const volatile char *)place;
}

struct visit {
  int (*is_wanted)(const char *);
  int releases;
};

static int visit_object(struct dl_phdr_info *object, size_t size, void *context) {
  (void)size;
  const struct visit *visit = context;
  int is_wanted = visit->is_wanted(object->dlpi_name) != 0;
  if (is_wanted == visit->releases) return 0;
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  for (int index = 0; index < object->dlpi_phnum; index++) {
    const ElfW(Phdr) *part = &object->dlpi_phdr[index];
    // Parts that may be written hold the loader's changes, which no file has.
    if (part->p_type != PT_LOAD || part->p_filesz == 0 || !(part->p_flags & PF_R) || part->p_flags & PF_W) continue;
    uintptr_t begin = (uintptr_t)(object->dlpi_addr + part->p_vaddr) & ~(page - 1);
    uintptr_t end = (uintptr_t)(object->dlpi_addr + part->p_vaddr + part->p_filesz);
    if (visit->releases) {
      madvise((void *)begin, end - begin, MADV_DONTNEED);
    } else {
      read_pages(begin, end);
    }
  }
  return 0;
}

void read_code(int (*is_wanted)(const char *path)) {
  struct visit visit = {is_wanted, 0};
  dl_iterate_phdr(visit_object, &visit);
}

void release_code(int (*is_wanted)(const char *path)) {
  struct visit visit = {is_wanted, 1};
  dl_iterate_phdr(visit_object, &visit);
}

int clock_is_synchronised(void) {
  struct timex state = {0};
  int code = adjtimex(&state);
  return code >= 0 && code != TIME_ERROR && !(state.status & STA_UNSYNC);
}
