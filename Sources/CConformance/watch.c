// Counts what a realtime thread must not do: the calls of library functions that allocate or lock, by redirecting the
// addresses through which loaded libraries call them; and system calls, by a seccomp filter that raises SIGSYS.
//
// Both see what a node does, and neither ever sees what it does not do. Not seen: a function whose address a library
// has asked for by dlsym, and a lock that a library builds itself and that nobody else holds.

#define _GNU_SOURCE

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "CConformance.h"

static _Thread_local int is_watched;
static watch_report report_now;
static int function_places;
static int refuses_calls;

static void note(int kind, const char *name) {
  if (!is_watched) return;
  is_watched = 0;
  if (report_now.counts[kind]++ == 0) {
    size_t length = strlen(name);
    if (length >= sizeof report_now.first[kind]) length = sizeof report_now.first[kind] - 1;
    memcpy(report_now.first[kind], name, length);
    report_now.first[kind][length] = 0;
  }
  is_watched = 1;
}

void watch_begin(void) { is_watched = 1; }
void watch_end(void) { is_watched = 0; }

// ---------------------------------------------------------------------------------------------------------------------
// Library functions
// ---------------------------------------------------------------------------------------------------------------------

static void *counted_malloc(size_t size) {
  note(WATCH_ALLOCATES, "malloc");
  return malloc(size);
}

static void *counted_calloc(size_t count, size_t size) {
  note(WATCH_ALLOCATES, "calloc");
  return calloc(count, size);
}

static void *counted_realloc(void *memory, size_t size) {
  note(WATCH_ALLOCATES, "realloc");
  return realloc(memory, size);
}

static void counted_free(void *memory) {
  if (memory != NULL) note(WATCH_ALLOCATES, "free");
  free(memory);
}

static void *counted_aligned_alloc(size_t alignment, size_t size) {
  note(WATCH_ALLOCATES, "aligned_alloc");
  return aligned_alloc(alignment, size);
}

static int counted_posix_memalign(void **memory, size_t alignment, size_t size) {
  note(WATCH_ALLOCATES, "posix_memalign");
  return posix_memalign(memory, alignment, size);
}

static int counted_mutex_lock(pthread_mutex_t *mutex) {
  note(WATCH_LOCKS, "pthread_mutex_lock");
  return pthread_mutex_lock(mutex);
}

static int counted_read_lock(pthread_rwlock_t *lock) {
  note(WATCH_LOCKS, "pthread_rwlock_rdlock");
  return pthread_rwlock_rdlock(lock);
}

static int counted_write_lock(pthread_rwlock_t *lock) {
  note(WATCH_LOCKS, "pthread_rwlock_wrlock");
  return pthread_rwlock_wrlock(lock);
}

static int counted_spin_lock(pthread_spinlock_t *lock) {
  note(WATCH_LOCKS, "pthread_spin_lock");
  return pthread_spin_lock(lock);
}

static int counted_sem_wait(sem_t *semaphore) {
  note(WATCH_LOCKS, "sem_wait");
  return sem_wait(semaphore);
}

static int counted_condition_wait(pthread_cond_t *condition, pthread_mutex_t *mutex) {
  note(WATCH_LOCKS, "pthread_cond_wait");
  return pthread_cond_wait(condition, mutex);
}

static const struct {
  const char *name;
  void *counted;
} functions[] = {
    {"malloc", (void *)counted_malloc},
    {"calloc", (void *)counted_calloc},
    {"realloc", (void *)counted_realloc},
    {"free", (void *)counted_free},
    {"aligned_alloc", (void *)counted_aligned_alloc},
    {"posix_memalign", (void *)counted_posix_memalign},
    {"pthread_mutex_lock", (void *)counted_mutex_lock},
    {"pthread_rwlock_rdlock", (void *)counted_read_lock},
    {"pthread_rwlock_wrlock", (void *)counted_write_lock},
    {"pthread_spin_lock", (void *)counted_spin_lock},
    {"sem_wait", (void *)counted_sem_wait},
    {"pthread_cond_wait", (void *)counted_condition_wait},
};

#if defined(__x86_64__)
#define JUMP_SLOT R_X86_64_JUMP_SLOT
#define GLOBAL_DATA R_X86_64_GLOB_DAT
#elif defined(__aarch64__)
#define JUMP_SLOT R_AARCH64_JUMP_SLOT
#define GLOBAL_DATA R_AARCH64_GLOB_DAT
#endif

#ifdef JUMP_SLOT

// Addresses in a dynamic section are absolute with glibc, and relative with other libraries.
static const char *at(const struct dl_phdr_info *object, ElfW(Addr) address) {
  return (const char *)(address < object->dlpi_addr ? object->dlpi_addr + address : address);
}

static void redirect(const struct dl_phdr_info *object, const ElfW(Rela) *entry, const ElfW(Sym) *symbols,
                     const char *names) {
  unsigned type = (unsigned)ELF64_R_TYPE(entry->r_info);
  if (type != JUMP_SLOT && type != GLOBAL_DATA) return;
  const char *name = names + symbols[ELF64_R_SYM(entry->r_info)].st_name;
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    if (strcmp(name, functions[i].name) != 0) continue;
    void **place = (void **)(object->dlpi_addr + entry->r_offset);
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    void *start = (void *)((uintptr_t)place & ~(page - 1));
    // The page is read-only after the start if the library was linked so.
    if (mprotect(start, page, PROT_READ | PROT_WRITE) != 0) return;
    *place = functions[i].counted;
    function_places++;
    return;
  }
}

static int redirect_all(struct dl_phdr_info *object, size_t size, void *context) {
  (void)size;
  // The program's own calls, and the counters' among them, stay as they are. So do those of the kernel's object.
  if ((*(int *)context)++ == 0 || strstr(object->dlpi_name, "linux-vdso") != NULL) return 0;
  const ElfW(Dyn) *dynamic = NULL;
  for (int i = 0; i < object->dlpi_phnum; i++) {
    if (object->dlpi_phdr[i].p_type == PT_DYNAMIC) {
      dynamic = (const ElfW(Dyn) *)(object->dlpi_addr + object->dlpi_phdr[i].p_vaddr);
    }
  }
  if (dynamic == NULL) return 0;
  const char *names = NULL, *tables[2] = {NULL, NULL};
  const ElfW(Sym) *symbols = NULL;
  size_t bytes[2] = {0, 0};
  for (; dynamic->d_tag != DT_NULL; dynamic++) {
    switch (dynamic->d_tag) {
      case DT_STRTAB: names = at(object, dynamic->d_un.d_ptr); break;
      case DT_SYMTAB: symbols = (const ElfW(Sym) *)at(object, dynamic->d_un.d_ptr); break;
      case DT_JMPREL: tables[0] = at(object, dynamic->d_un.d_ptr); break;
      case DT_PLTRELSZ: bytes[0] = dynamic->d_un.d_val; break;
      case DT_RELA: tables[1] = at(object, dynamic->d_un.d_ptr); break;
      case DT_RELASZ: bytes[1] = dynamic->d_un.d_val; break;
      default: break;
    }
  }
  if (names == NULL || symbols == NULL) return 0;
  for (int table = 0; table < 2; table++) {
    const ElfW(Rela) *entries = (const ElfW(Rela) *)tables[table];
    if (entries == NULL) continue;
    for (size_t i = 0; i < bytes[table] / sizeof *entries; i++) redirect(object, &entries[i], symbols, names);
  }
  return 0;
}

int watch_install(void) {
  int count = 0;
  dl_iterate_phdr(redirect_all, &count);
  return function_places;
}

#else

int watch_install(void) { return 0; }

#endif

// ---------------------------------------------------------------------------------------------------------------------
// System calls
// ---------------------------------------------------------------------------------------------------------------------

#if defined(__x86_64__)
#define THIS_MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_MACHINE AUDIT_ARCH_AARCH64
#endif

static const struct {
  long number;
  const char *name;
} calls[] = {
    {SYS_read, "read"},           {SYS_write, "write"},
    {SYS_openat, "openat"},       {SYS_close, "close"},
    {SYS_mmap, "mmap"},           {SYS_munmap, "munmap"},
    {SYS_mprotect, "mprotect"},   {SYS_brk, "brk"},
    {SYS_madvise, "madvise"},     {SYS_futex, "futex"},
    {SYS_nanosleep, "nanosleep"}, {SYS_clock_nanosleep, "clock_nanosleep"},
    {SYS_getpid, "getpid"},       {SYS_gettid, "gettid"},
    {SYS_sched_yield, "sched_yield"}, {SYS_writev, "writev"},
    {SYS_sendto, "sendto"},       {SYS_getrandom, "getrandom"},
    {SYS_clone, "clone"},         {SYS_fstat, "fstat"},
};

static void handle_call(int signal_number, siginfo_t *info, void *context) {
  (void)signal_number;
  char text[32];
  const char *name = NULL;
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
    if (calls[i].number == info->si_syscall) name = calls[i].name;
  }
  if (name == NULL) {
    // Nothing here may call the system.
    int number = info->si_syscall;
    char digits[12];
    int count = 0;
    do digits[count++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    memcpy(text, "number ", 7);
    for (int i = 0; i < count; i++) text[7 + i] = digits[count - 1 - i];
    text[7 + count] = 0;
    name = text;
  }
  note(WATCH_SYSTEM_CALLS, name);
#if defined(__x86_64__)
  ((ucontext_t *)context)->uc_mcontext.gregs[REG_RAX] = -ENOSYS;
#elif defined(__aarch64__)
  ((ucontext_t *)context)->uc_mcontext.regs[0] = (uint64_t)-ENOSYS;
#endif
}

void watch_refuse_system_calls(void) {
#ifdef THIS_MACHINE
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handle_call;
  action.sa_flags = SA_SIGINFO;
  if (sigaction(SIGSYS, &action, NULL) != 0) return;
#define LET(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
  struct sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      LET(SYS_rt_sigreturn),
      LET(SYS_exit),
      LET(SYS_exit_group),
      // Where the clock can't be read without the kernel, as on some virtual machines.
      LET(SYS_clock_gettime),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
  };
  struct sock_fprog program = {sizeof rules / sizeof *rules, rules};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return;
  refuses_calls = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
#endif
}

typedef struct task {
  void (*body)(void *context);
  void *context;
  atomic_int is_done;
} task;

static void *run(void *argument) {
  task *work = argument;
  work->body(work->context);
  atomic_store(&work->is_done, 1);
  // The usual end of a thread makes calls that the filter refuses.
  if (refuses_calls) syscall(SYS_exit, 0);
  return NULL;
}

void watch_run(void (*body)(void *context), void *context, watch_report *report) {
  memset(&report_now, 0, sizeof report_now);
  refuses_calls = 0;
  task work = {body, context, 0};
  pthread_t thread;
  if (pthread_create(&thread, NULL, run, &work) != 0) return;
  while (!atomic_load(&work.is_done)) {
    struct timespec moment = {0, 500000};
    nanosleep(&moment, NULL);
  }
  report_now.sees_functions = function_places > 0;
  report_now.sees_system_calls = refuses_calls;
  *report = report_now;
}
