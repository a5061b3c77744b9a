// Landlock: where files may be made, written and removed. Reading stays allowed.

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confinement.h"

// From linux/landlock.h, which not every build machine has. The numbers are those of every architecture.
#define CREATE_RULESET 444
#define ADD_RULE 445
#define RESTRICT_SELF 446
#define RULE_PATH_BENEATH 1
#define ASK_VERSION 1u
#define WRITE_FILE (1ull << 1)
#define REMOVE_AND_MAKE 0x1ff0ull  // bits 4 to 12
#define REFER (1ull << 13)
#define TRUNCATE (1ull << 14)

struct ruleset {
  uint64_t handled_files;
};

struct path_beneath {
  uint64_t allowed;
  int32_t parent;
} __attribute__((packed));

static uint64_t handled(long version) {
  uint64_t rights = WRITE_FILE | REMOVE_AND_MAKE;
  if (version >= 2) rights |= REFER;
  if (version >= 3) rights |= TRUNCATE;
  return rights;
}

static int allow(int rules, const char *path, uint64_t rights) {
  struct path_beneath rule = {.allowed = rights, .parent = open(path, O_PATH | O_CLOEXEC)};
  if (rule.parent < 0) return 0;
  long result = syscall(ADD_RULE, rules, RULE_PATH_BENEATH, &rule, 0);
  close(rule.parent);
  return result == 0;
}

int restrict_files(const char *const *folders) {
  long version = syscall(CREATE_RULESET, NULL, (size_t)0, ASK_VERSION);
  if (version < 1) return 0;
  struct ruleset rules = {.handled_files = handled(version)};
  int ruleset = (int)syscall(CREATE_RULESET, &rules, sizeof rules, 0);
  if (ruleset < 0) return 0;
  for (; *folders != NULL; folders++) allow(ruleset, *folders, rules.handled_files);
  allow(ruleset, "/dev/null", WRITE_FILE);
  long result = syscall(RESTRICT_SELF, ruleset, 0);
  close(ruleset);
  return result == 0;
}
