// A program in the place of auscult-node whose answers are garbage: random bytes over all of the shared memory, or
// answers with wrong numbers in them. $XDG_GARBAGE is the seed and the way: "7 configure", "7 process", "7 forever", "7 turn".
// docs/ISOLATION.md has the protocol.

#define _GNU_SOURCE
#include <linux/futex.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CREATE = 1, CONFIGURE = 2, DESTROY = 5, PROCESS = 7, SAVE = 8, ANSWER = 100, FIRST = 101, LAST = 127 };
enum { MESSAGE = 4096, MESSAGE_BYTES = 1 << 20, BLOCKS = MESSAGE + MESSAGE_BYTES, RECORD = 128 };

static unsigned char *memory;
static uint64_t state;
static char way[32];
static uint64_t seed;

static uint64_t random64(void) {
  state += 0x9e3779b97f4a7c15u;
  uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static uint32_t load(size_t place) {
  uint32_t value;
  memcpy(&value, memory + place, 4);
  return value;
}
static void store(size_t place, uint32_t value) { memcpy(memory + place, &value, 4); }
static void store64(size_t place, uint64_t value) { memcpy(memory + place, &value, 8); }

// A number that is often small, often at an edge.
static uint64_t number(void) {
  switch (random64() % 8) {
    case 0: return random64();
    case 1: return UINT64_MAX - random64() % 3;
    case 2: return (uint64_t)INT64_MAX - random64() % 3;
    case 3: return (uint64_t)1 << random64() % 64;
    case 4: return 0;
    default: return random64() % 9;
  }
}

static void fill(size_t place, size_t count) {
  for (size_t i = 0; i + 8 <= count; i += 8) store64(place + i, random64());
}

static void hand_over(uint32_t value) {
  __atomic_store_n((uint32_t *)(memory + 8), value, __ATOMIC_RELEASE);
  syscall(SYS_futex, memory + 8, FUTEX_WAKE, 1 << 30, NULL, NULL, 0);
}

static void await(void) {
  while (__atomic_load_n((uint32_t *)(memory + 8), __ATOMIC_ACQUIRE) != 1) {
    syscall(SYS_futex, memory + 8, FUTEX_WAIT, load(8), NULL, NULL, 0);
  }
}

static void head(uint32_t kind, int32_t status, uint32_t more, uint64_t length) {
  store(12, kind);
  store(16, (uint32_t)status);
  store(20, more);
  store64(24, length);
}

static void answer(size_t length) { head(ANSWER, 0, 0, length); }

// The place after a format at a place.
static size_t after_format(size_t place) {
  place += 8 * 4 + 5 * 8;
  place += 4 + 4 * (size_t)load(place);
  for (uint32_t count = load(place), i = (place += 4, 0); i < count; i++) {
    uint32_t bytes = load(place);
    place += 4 + (bytes == UINT32_MAX ? 0 : bytes);
  }
  return place;
}

// A score for each token, and some wrong numbers: in the formats if they are to be wrong.
static void configure(int is_bad) {
  size_t place = MESSAGE + 16;
  for (uint32_t count = load(place), i = (place += 4, 0); i < count; i++) {
    uint32_t bytes = load(place + 4);
    place = after_format(place + 8 + (bytes == UINT32_MAX ? 0 : bytes));
  }
  // Without the frequencies.
  size_t from = place + 4, machines = from + 76 + 4 * (size_t)load(from + 72);
  size_t more = after_format(from) - machines, format = 76 + more;
  unsigned char bytes[4096] = {1, 0, 0, 0, 1};
  if (format > 3000) exit(7);
  memcpy(bytes + 8, memory + from, 72);
  memcpy(bytes + 8 + 76, memory + machines, more);
  uint32_t score[] = {16, load(from + 4), 1, 1};
  memcpy(bytes + 8, score, sizeof score);
  // Latency, history, reach; external channels, memory, no map, no producer.
  size_t length = 8 + format + 3 * 8 + 2 * 4 + 8 + 4 + 4;
  for (uint64_t wrong = is_bad ? 1 + random64() % 3 : 0; wrong > 0; wrong--) {
    // Any field of the format or of what follows: most begin at a multiple of 4.
    uint64_t value = number();
    int is_wide = random64() % 2;
    memcpy(bytes + random64() % (length / 4 - 1) * 4, &value, is_wide ? 8 : 4);
  }
  memcpy(memory + MESSAGE, bytes, length);
  answer(length);
}

static size_t output_record(void) { return MESSAGE + 24 + RECORD * (size_t)load(MESSAGE); }

static void judge(uint32_t count) {
  uint64_t data;
  size_t record = output_record();
  uint32_t stride = load(record + 12), step = load(record + 16);
  memcpy(&data, memory + record + 32, 8);
  for (uint32_t token = 0; token < count; token++) {
    double score[] = {1, 2};
    memset(memory + data + (size_t)token * stride, 0, step);
    memcpy(memory + data + (size_t)token * stride, score, sizeof score);
    store(data + (size_t)token * stride + 16, UINT32_MAX);
  }
  memset(memory + MESSAGE, 0, 24);
  store(MESSAGE + 4, count);
  answer(20);
}

static void ask(void) {
  size_t length = 8 * (random64() % 12);
  for (size_t i = 0; i < length; i += 4) store(MESSAGE + i, (uint32_t)number());
  head(FIRST + random64() % (LAST - FIRST + 1), 0, 0, length);
}

// One of the ways to answer a call of `process` wrongly.
static void misjudge(uint32_t count) {
  switch (random64() % 7) {
    case 0:
      fill(BLOCKS, 1 << 20);
      fill(12, MESSAGE_BYTES + MESSAGE - 16);
      return;
    case 1:
      fill(MESSAGE, 256);
      return answer(random64() % 256);
    case 2:
      judge(count);
      store(MESSAGE + 4 * (random64() % 5), (uint32_t)number());
      return;
    case 3: return head(ANSWER, 0, 0, MESSAGE_BYTES + 1 + random64() % 99);
    case 4: return head((uint32_t)random64(), (int32_t)random64(), (uint32_t)random64() & 1, number());
    case 5:
      // Random scores, heads and what lies behind them.
      fill(BLOCKS, 1 << 16);
      store(MESSAGE, 0);
      store(MESSAGE + 4, count);
      return answer(20);
    default:
      for (int questions = 0; questions < 20; questions++) {
        ask();
        hand_over(0);
        await();
      }
      store(MESSAGE, UINT32_MAX);
      return answer(4);
  }
}

static void process(void) {
  uint64_t position;
  // Up to which the input is complete.
  memcpy(&position, memory + MESSAGE + 24 + 64, 8);
  uint32_t count = load(MESSAGE + 24 + 4);
  // The same at the same place, in whichever process.
  state = seed * 1000003 + position;
  int is_mixed = strcmp(way, "process") == 0;
  if (count == 0 || strcmp(way, "configure") == 0 || (is_mixed && random64() % 2)) return judge(count);
  if (strcmp(way, "forever") == 0) {
    for (;;) {
      head(ANSWER, 0, 1, 0);
      hand_over(0);
      await();
    }
  }
  if (strcmp(way, "turn") == 0) {
    for (;;) hand_over((uint32_t)random64());
  }
  misjudge(count);
}

int main(void) {
  const char *text = getenv("XDG_GARBAGE");
  unsigned long long given = 0;
  if (text == NULL || sscanf(text, "%llu %31s", &given, way) != 2) return 64;
  seed = state = given;
  memory = mmap(NULL, (size_t)1 << 30, PROT_READ | PROT_WRITE, MAP_SHARED, 3, 0);
  if (memory == MAP_FAILED) return 1;
  store(32, (uint32_t)random64());
  for (;;) {
    hand_over(0);
    await();
    switch (load(12)) {
      case CONFIGURE: configure(strcmp(way, "configure") == 0); break;
      case PROCESS: process(); break;
      case DESTROY: answer(0); hand_over(0); return 0;
      default: answer(0);
    }
  }
}
