// Memory with guard pages, and a handler that turns an access to one into a finding.

#define _GNU_SOURCE

#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "CConformance.h"

#define MOST_REGIONS 4096

typedef struct region {
  char *mapping;  // the first guard page; NULL: free
  size_t length;  // with both guard pages
  char *first;    // the bytes between
  size_t bytes;
  int tag;
} region;

static region regions[MOST_REGIONS];
static sigjmp_buf escape;
static volatile sig_atomic_t is_calling;
static guard_fault last_fault;

static region *find_free(void) {
  for (int i = 0; i < MOST_REGIONS; i++) {
    if (regions[i].mapping == NULL) return &regions[i];
  }
  return NULL;
}

void *guard_allocate(size_t bytes, int at_end, int tag) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  size_t inner = (bytes + page - 1) / page * page;
  if (inner == 0) inner = page;
  region *place = find_free();
  if (place == NULL || bytes > SIZE_MAX / 4) return NULL;
  char *mapping = mmap(NULL, inner + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) return NULL;
  if (mprotect(mapping + page, inner, PROT_READ | PROT_WRITE) != 0) {
    munmap(mapping, inner + 2 * page);
    return NULL;
  }
  char *first = at_end ? mapping + page + inner - bytes : mapping + page;
  *place = (region){mapping, inner + 2 * page, first, bytes, tag};
  return first;
}

void guard_free(void *memory) {
  for (int i = 0; i < MOST_REGIONS; i++) {
    if (regions[i].mapping == NULL || regions[i].first != memory) continue;
    munmap(regions[i].mapping, regions[i].length);
    regions[i].mapping = NULL;
    return;
  }
}

// Whether the access was a write. Where the processor's report is not read: taken for a read.
static int is_write(const void *context) {
#if defined(__x86_64__)
  return (((const ucontext_t *)context)->uc_mcontext.gregs[REG_ERR] & 2) != 0;
#else
  (void)context;
  return 0;
#endif
}

static void handle(int number, siginfo_t *info, void *context) {
  const char *address = info->si_addr;
  if (is_calling) {
    for (int i = 0; i < MOST_REGIONS; i++) {
      const region *place = &regions[i];
      if (place->mapping == NULL || address < place->mapping || address >= place->mapping + place->length) continue;
      last_fault.tag = place->tag;
      last_fault.is_write = is_write(context);
      last_fault.is_before = address < place->first;
      last_fault.distance = (uint64_t)(last_fault.is_before ? place->first - address
                                                            : address - (place->first + place->bytes) + 1);
      is_calling = 0;
      siglongjmp(escape, 1);
    }
  }
  // An ordinary crash: the access is repeated without this handler.
  signal(number, SIG_DFL);
}

static void install(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGBUS, &action, NULL);
}

int guard_process(const auscult_class *node_class, void *instance, auscult_cycle *cycle, auscult_status *status,
                  guard_fault *fault) {
  install();
  if (sigsetjmp(escape, 1) != 0) {
    *fault = last_fault;
    return 1;
  }
  is_calling = 1;
  *status = node_class->process(instance, cycle);
  is_calling = 0;
  return 0;
}
