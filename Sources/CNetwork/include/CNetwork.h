// The operations of network layers, in single precision for use and in double for checks of the gradients.
//
// Every function only computes on memory that the caller owns: none locks, allocates or makes a system call. The order of
// every sum depends on sizes alone, so equal input gives equal bits on one machine. Arrays of one call do not overlap
// unless the text says so. Images are [channels x rows x columns], the columns next to each other.

#ifndef CNETWORK_H
#define CNETWORK_H

#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#define NETWORK_SAFE __attribute__((swift_attr("@_noLocks"))) __attribute__((swift_attr("@_noAllocation")))
#else
#define NETWORK_SAFE
#endif

/// Positions in one step of a product: the number of values that it reads and writes is rounded up to a multiple of
/// this.
#define NETWORK_POSITIONS 16

#define REAL float
#define NETWORK(name) network_##name##_float
#include "CNetworkFunctions.h"
#undef REAL
#undef NETWORK

#define REAL double
#define NETWORK(name) network_##name##_double
#include "CNetworkFunctions.h"
#undef REAL
#undef NETWORK

// ---------------------------------------------------------------------------------------------------------------------
// Dense layers in use
// ---------------------------------------------------------------------------------------------------------------------

/// Rows of one step of `dense`: packed weights and biases have room for a multiple of this.
#define NETWORK_ROWS 16

/// Packs weights [rows x columns] for `dense`: [rows rounded up to 16, by 16 x columns x 16], zeros after the last row.
NETWORK_SAFE void network_pack_dense_float(float *_Nonnull packed, const float *_Nonnull weights, size_t rows,
                                           size_t columns);
/// out[t][r] = bias[t][r] + sum over k of weights[r][k] * in[t][k], for tokens t of `columns` and `rows` values next to
/// each other; then max(0, x) if `is_rectified`. Reads biases of one token `bias_stride` after those of the one before
/// (0: all share them), up to 15 beyond the last row; with a stride of `rows`, `bias` may be `out`.
///
/// Each sum goes over k from the first to the last, on every CPU: the same bits for a token, whatever `tokens` is.
NETWORK_SAFE void network_dense_float(float *_Nonnull out, const float *_Nonnull packed, const float *_Nonnull bias,
                                      size_t bias_stride, const float *_Nonnull in, size_t tokens, size_t rows,
                                      size_t columns, int is_rectified);

// ---------------------------------------------------------------------------------------------------------------------
// Tokens before and after a network
// ---------------------------------------------------------------------------------------------------------------------

/// out[i] = (in[i] - means[i]) * factors[i], computed in double.
NETWORK_SAFE void network_standardize(float *_Nonnull out, const float *_Nonnull in, const double *_Nonnull means,
                                      const double *_Nonnull factors, size_t count);
/// out[i] = (a[i] - b[i])^2 * factor.
NETWORK_SAFE void network_squares(double *_Nonnull out, const float *_Nonnull a, const float *_Nonnull b, double factor,
                                  size_t count);
/// out[c] += sum over r of in[r][c], row after row: [rows x columns].
NETWORK_SAFE void network_add_rows(double *_Nonnull out, const double *_Nonnull in, size_t rows, size_t columns);
/// The same of single values.
NETWORK_SAFE void network_add_rows_float(double *_Nonnull out, const float *_Nonnull in, size_t rows, size_t columns);

// ---------------------------------------------------------------------------------------------------------------------
// Convolutions in use
// ---------------------------------------------------------------------------------------------------------------------

/// `pool` of planes [channels x rows x columns] `plane` values apart, with rows `stride` values apart.
NETWORK_SAFE void network_pool_planes_float(float *_Nonnull out, const float *_Nonnull planes, size_t plane,
                                            size_t stride, size_t channels, size_t rows, size_t columns,
                                            size_t out_rows, size_t out_columns);

#endif
