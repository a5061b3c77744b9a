// Seccomp: the calls of the system that a node needs for no computation and that reach beyond its process. They fail
// with EPERM, so that a plugin can say so.

#define _GNU_SOURCE
#include <asm/sockios.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confinement.h"

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef ARCHITECTURE

// Newer than the headers of some build machines; the numbers are those of both architectures.
#define OPEN_TREE 428
#define MOVE_MOUNT 429
#define FSOPEN 430
#define MOUNT_SETATTR 442
#define MEMFD_SECRET 447
#define FCHMODAT2 452
// _IOW('T', 0x2B, struct termios2), whose header can't be included beside termios.h; W and F are the next two.
#define TCSETS2_NUMBER 0x402C542Bu

// Always refused.
static const int refused[] = {
    // The network, and calls that stand for others.
    SYS_socket, SYS_socketpair, SYS_io_uring_setup,
    // Other processes.
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_tkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo,
    SYS_pidfd_send_signal, SYS_pidfd_open, SYS_pidfd_getfd, SYS_setpgid, SYS_setsid, SYS_move_pages, SYS_migrate_pages,
    // What System V and POSIX queues keep lives on without the process, and belongs to the user, not to it.
    SYS_shmat, SYS_shmctl, SYS_msgget, SYS_msgsnd, SYS_msgrcv, SYS_msgctl, SYS_semget, SYS_semop, SYS_semtimedop,
    SYS_semctl, SYS_mq_open, SYS_mq_unlink,
    // Its own limits and priority: root could raise them.
    SYS_setrlimit, SYS_sched_setscheduler, SYS_sched_setparam, SYS_sched_setattr, SYS_setpriority, SYS_ioprio_set,
    // Memory that no limit counts.
    SYS_memfd_create, SYS_shmget, SYS_userfaultfd, MEMFD_SECRET,
    // The system.
    SYS_mount, OPEN_TREE, MOVE_MOUNT, FSOPEN, MOUNT_SETATTR, SYS_fanotify_init, SYS_vhangup, SYS_umount2,
    SYS_pivot_root, SYS_chroot, SYS_setns, SYS_unshare, SYS_bpf, SYS_perf_event_open, SYS_kexec_load,
    SYS_kexec_file_load, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_reboot, SYS_swapon, SYS_swapoff,
    SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime, SYS_adjtimex, SYS_sethostname, SYS_setdomainname,
    SYS_add_key, SYS_request_key, SYS_keyctl, SYS_open_by_handle_at, SYS_quotactl, SYS_acct, SYS_syslog,
#ifdef SYS_iopl
    SYS_iopl, SYS_ioperm,
#endif
#ifdef SYS_fork
    SYS_fork, SYS_vfork,
#endif
};

// Refused where nothing may be written. Rights, times and locks also change through a file that is open for reading.
static const int writing[] = {
    SYS_mkdirat, SYS_unlinkat, SYS_renameat2, SYS_linkat, SYS_symlinkat, SYS_mknodat, SYS_truncate, SYS_fchmodat,
    SYS_fchownat, SYS_fchmod, SYS_fchown, FCHMODAT2, SYS_utimensat, SYS_flock, SYS_setxattr, SYS_lsetxattr,
    SYS_fsetxattr, SYS_removexattr, SYS_lremovexattr, SYS_fremovexattr,
#ifdef SYS_renameat
    SYS_renameat,
#endif
#ifdef SYS_creat
    SYS_creat, SYS_mkdir, SYS_rmdir, SYS_unlink, SYS_rename, SYS_link, SYS_symlink, SYS_mknod, SYS_chmod, SYS_chown,
    SYS_lchown, SYS_utime, SYS_utimes, SYS_futimesat,
#endif
};

#define LENGTH(array) ((int)(sizeof(array) / sizeof(array)[0]))
#define MOST 512

// A file whose owner is another process sends that process any signal, SIGKILL too.
static const uint32_t file_commands[] = {F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY};
// The same for sockets; and typing into the terminal, or changing it.
static const uint32_t device_commands[] = {
    FIOSETOWN, SIOCSPGRP, TIOCSTI, TIOCLINUX, TIOCSPGRP, TIOCSWINSZ, TCSETS, TCSETSW, TCSETSF, TCSETA, TCSETAW, TCSETAF,
    TCSETS2_NUMBER, TCSETS2_NUMBER + 1, TCSETS2_NUMBER + 2,
};

struct program {
  struct sock_filter lines[MOST];
  int count;
};

static void add(struct program *program, uint16_t code, uint8_t yes, uint8_t no, uint32_t value) {
  if (program->count < MOST) {
    program->lines[program->count++] = (struct sock_filter){.code = code, .jt = yes, .jf = no, .k = value};
  }
}

static void load(struct program *p, size_t place) { add(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)place); }
static void answer(struct program *p, uint32_t value) { add(p, BPF_RET | BPF_K, 0, 0, value); }
static void load_number(struct program *p) { load(p, offsetof(struct seccomp_data, nr)); }
// A half of an argument: 0 the low one; both architectures are little-endian.
static void load_argument(struct program *p, int index, int half) {
  load(p, offsetof(struct seccomp_data, args) + 8 * (size_t)index + 4 * (size_t)half);
}

static void refuse_all(struct program *p, const int *calls, int count) {
  for (int index = 0; index < count; index++) {
    add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (uint32_t)calls[index]);
    answer(p, SECCOMP_RET_ERRNO | EPERM);
  }
}

// Refuses a call unless a half of an argument equals a value.
static void require_equal(struct program *p, int call, int argument, int half, uint32_t value) {
  add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, (uint32_t)call);
  load_argument(p, argument, half);
  add(p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, value);
  answer(p, SECCOMP_RET_ERRNO | EPERM);
  load_number(p);
}

// Refuses a call if an argument has one of the bits (`wants`: unless it has one).
static void check_bits(struct program *p, int call, int argument, uint32_t bits, int wants, int code) {
  add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, (uint32_t)call);
  load_argument(p, argument, 0);
  add(p, BPF_JMP | BPF_JSET | BPF_K, wants ? 1 : 0, wants ? 0 : 1, bits);
  answer(p, SECCOMP_RET_ERRNO | (uint32_t)code);
  load_number(p);
}

// Refuses a call if an argument is one of the values.
static void refuse_values(struct program *p, int call, int argument, const uint32_t *values, int count) {
  for (int index = 0; index < count; index++) {
    add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, (uint32_t)call);
    load_argument(p, argument, 0);
    add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, values[index]);
    answer(p, SECCOMP_RET_ERRNO | EPERM);
    load_number(p);
  }
}

// Memory of nobody's file that processes could share: the limit of data does not count it.
static void refuse_shared_memory(struct program *p) {
  const uint32_t bits = MAP_SHARED | MAP_ANONYMOUS;
  add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 5, (uint32_t)SYS_mmap);
  load_argument(p, 3, 0);
  add(p, BPF_ALU | BPF_AND | BPF_K, 0, 0, bits);
  add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, bits);
  answer(p, SECCOMP_RET_ERRNO | EPERM);
  load_number(p);
}

static void refuse_as(struct program *p, int call, int code) {
  add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (uint32_t)call);
  answer(p, SECCOMP_RET_ERRNO | (uint32_t)code);
}

static void build(struct program *p, int may_execute, int writes_nothing) {
  load(p, offsetof(struct seccomp_data, arch));
  add(p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, ARCHITECTURE);
  answer(p, SECCOMP_RET_KILL_PROCESS);
  load_number(p);
#if defined(__x86_64__)
  add(p, BPF_JMP | BPF_JGE | BPF_K, 0, 1, 0x40000000u);  // x32 has other numbers
  answer(p, SECCOMP_RET_ERRNO | ENOSYS);
#endif
  refuse_all(p, refused, LENGTH(refused));
  // Threads are its own, processes are not. The C library falls back from clone3, whose flags lie in memory, to clone.
  refuse_as(p, SYS_clone3, ENOSYS);
  check_bits(p, SYS_clone, 0, CLONE_THREAD, 1, EPERM);
  require_equal(p, SYS_kill, 0, 0, (uint32_t)getpid());
  require_equal(p, SYS_tgkill, 0, 0, (uint32_t)getpid());
  require_equal(p, SYS_prlimit64, 2, 0, 0);
  require_equal(p, SYS_prlimit64, 2, 1, 0);
  require_equal(p, SYS_sched_setaffinity, 0, 0, 0);
  const uint32_t death_signal = PR_SET_PDEATHSIG;
  refuse_values(p, SYS_prctl, 0, &death_signal, 1);
  refuse_values(p, SYS_fcntl, 1, file_commands, LENGTH(file_commands));
  refuse_values(p, SYS_ioctl, 1, device_commands, LENGTH(device_commands));
  refuse_shared_memory(p);
  if (!may_execute) {
    refuse_as(p, SYS_execve, EPERM);
    refuse_as(p, SYS_execveat, EPERM);
  }
  if (writes_nothing) {
    const uint32_t bits = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;
    refuse_all(p, writing, LENGTH(writing));
    refuse_as(p, SYS_openat2, ENOSYS);
    check_bits(p, SYS_openat, 2, bits, 0, EACCES);
#ifdef SYS_open
    check_bits(p, SYS_open, 1, bits, 0, EACCES);
#endif
  }
  answer(p, SECCOMP_RET_ALLOW);
}

int restrict_calls(int may_execute, int writes_nothing) {
  struct program program = {.count = 0};
  build(&program, may_execute, writes_nothing);
  // A program that was cut off would refuse nothing.
  if (program.count >= MOST) return 0;
  struct sock_fprog filter = {.len = (unsigned short)program.count, .filter = program.lines};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0;
}

#else

int restrict_calls(int may_execute, int writes_nothing) {
  (void)may_execute;
  (void)writes_nothing;
  return 0;
}

#endif
