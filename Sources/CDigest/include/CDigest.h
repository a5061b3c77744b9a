// The block function of SHA-256 (FIPS 180-4), with the CPU's own instructions where it has them.
//
// Every function only computes on memory that the caller owns: none locks, allocates or makes a system call.

#ifndef CDIGEST_H
#define CDIGEST_H

#include <stddef.h>
#include <stdint.h>

/// Bytes in a block.
#define DIGEST_BLOCK 64

/// Adds `count` blocks to the state [8].
void digest_sha256(uint32_t *_Nonnull state, const uint8_t *_Nonnull blocks, size_t count);

/// The same without special instructions: the only way on other CPUs, and the reference of the tests.
void digest_sha256_plain(uint32_t *_Nonnull state, const uint8_t *_Nonnull blocks, size_t count);

#endif
