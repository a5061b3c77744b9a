// What a node's process may do: its memory, its parent, and the order in which the limits are set.

#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "CIsolation.h"
#include "confinement.h"

int end_with_parent(int parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  // The parent may have ended before the call.
  return getppid() == parent;
}

// Where memory runs out, the system ends this process before the one that hears.
static void be_first_to_go(void) {
  int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  (void)!write(file, "800", 3);
  close(file);
}

// A crash is the host's to report: no handler of a run-time library is to write a text about it, or to wait.
static void restore_signals(void) {
  const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGTERM, SIGINT, SIGPIPE, SIGQUIT};
  for (size_t index = 0; index < sizeof signals / sizeof signals[0]; index++) signal(signals[index], SIG_DFL);
}

// Of root's capabilities only those for files stay: with the others it reads the memory and the environment of any
// process.
static void drop_capabilities(void) {
  const uint32_t files = 1u << CAP_CHOWN | 1u << CAP_DAC_OVERRIDE | 1u << CAP_DAC_READ_SEARCH | 1u << CAP_FOWNER;
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct sets[2] = {{0}, {0}};
  if (syscall(SYS_capget, &header, sets) != 0) return;
  sets[0].effective &= files;
  sets[0].permitted &= files;
  sets[0].inheritable = 0;
  sets[1] = (struct __user_cap_data_struct){0};
  syscall(SYS_capset, &header, sets);
}

static int limit(__rlimit_resource_t resource, uint64_t value) {
  struct rlimit limits = {.rlim_cur = value, .rlim_max = value};
  return setrlimit(resource, &limits) == 0;
}

static int limit_memory(uint64_t memory) {
  unsigned long long pages = 0, ignored = 0, data = 0;
  FILE *file = fopen("/proc/self/statm", "re");
  if (file == NULL) return 0;
  int count = fscanf(file, "%llu %llu %llu %llu %llu %llu", &pages, &ignored, &ignored, &ignored, &ignored, &data);
  fclose(file);
  if (count != 6) return 0;
  uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
  // Address space that is only reserved, for stacks and heaps of threads, is no memory.
  const uint64_t reserved = (uint64_t)4 << 30;
  return limit(RLIMIT_DATA, data * page + memory) & limit(RLIMIT_AS, pages * page + memory + reserved);
}

uint32_t confine(const char *const *folders, uint64_t memory, int may_execute) {
  uint32_t in_force = 0;
  restore_signals();
  be_first_to_go();
  limit(RLIMIT_CORE, 0);
  drop_capabilities();
  if (limit_memory(memory)) in_force |= CONFINED_MEMORY;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) in_force |= CONFINED_PRIVILEGES;
  if (restrict_files(folders)) in_force |= CONFINED_FILES;
  int writes_nothing = folders[0] == NULL;
  if (restrict_calls(may_execute, writes_nothing)) {
    in_force |= CONFINED_CALLS | (writes_nothing ? CONFINED_WRITING : 0);
  }
  return in_force;
}
