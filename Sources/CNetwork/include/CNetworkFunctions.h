// Included once for each precision by CNetwork.h, which names REAL and NETWORK.

// ---------------------------------------------------------------------------------------------------------------------
// Products over shifted planes: convolutions are these, with one offset for each input channel and kernel value
// ---------------------------------------------------------------------------------------------------------------------

/// Packs weights [outputs x terms] for `product`: the same number of values, in its order.
NETWORK_SAFE void NETWORK(pack)(REAL *_Nonnull packed, const REAL *_Nonnull weights, size_t outputs, size_t terms);
/// Packs the weights [outputs x inputs x size] of the backward pass: flips kernels, swaps inputs and outputs.
NETWORK_SAFE void NETWORK(pack_turned)(REAL *_Nonnull packed, const REAL *_Nonnull weights, size_t outputs,
                                       size_t inputs, size_t size);
/// out[o * stride + p] = bias[o] + sum over k of weights[o][k] * in[offsets[k] + p], for p < positions rounded up to 16
/// (both arrays have room for that). No bias: zeros.
NETWORK_SAFE void NETWORK(product)(REAL *_Nonnull out, size_t stride, size_t outputs, size_t positions,
                                   const REAL *_Nonnull in, const int64_t *_Nonnull offsets, size_t terms,
                                   const REAL *_Nonnull packed, const REAL *_Nullable bias);
/// The same; then max(0, x) if `is_rectified`.
NETWORK_SAFE void NETWORK(product_rectified)(REAL *_Nonnull out, size_t stride, size_t outputs, size_t positions,
                                             const REAL *_Nonnull in, const int64_t *_Nonnull offsets, size_t terms,
                                             const REAL *_Nonnull packed, const REAL *_Nullable bias,
                                             int is_rectified);
/// weights[o * terms + k] += sum over p < positions of gradient[o * stride + p] * in[offsets[k] + p]. Positions are
/// rounded up to 8: one of the two is 0 there, the other finite.
NETWORK_SAFE void NETWORK(correlate)(REAL *_Nonnull weights, const REAL *_Nonnull gradient, size_t stride,
                                     size_t outputs, size_t positions, const REAL *_Nonnull in,
                                     const int64_t *_Nonnull offsets, size_t terms);

// ---------------------------------------------------------------------------------------------------------------------
//  Copying images
// ---------------------------------------------------------------------------------------------------------------------

/// Copies images [channels x rows x columns] into planes `plane` values apart, with rows `stride` values apart,
/// `margin` rows and columns from their edges. The rest of the planes stays unchanged.
NETWORK_SAFE void NETWORK(spread)(REAL *_Nonnull planes, size_t plane, size_t stride, size_t margin,
                                  const REAL *_Nonnull image, size_t channels, size_t rows, size_t columns);
/// The reverse, without margin.
NETWORK_SAFE void NETWORK(gather)(REAL *_Nonnull image, const REAL *_Nonnull planes, size_t plane, size_t stride,
                                  size_t channels, size_t rows, size_t columns);
/// out [channels x 2 rows x 2 columns]: planes [4 x channels] hold its values at (even, even), (even, odd), (odd, even)
/// and (odd, odd) places, four consecutive planes for each channel.
NETWORK_SAFE void NETWORK(interleave)(REAL *_Nonnull out, const REAL *_Nonnull planes, size_t plane, size_t channels,
                                      size_t rows, size_t columns);
/// The reverse.
NETWORK_SAFE void NETWORK(deinterleave)(REAL *_Nonnull planes, size_t plane, const REAL *_Nonnull image,
                                        size_t channels, size_t rows, size_t columns);
/// Copies images [channels x rows x columns], each with a margin of one at its top and left, into four planes: those of
/// the (even, even), (even, odd), (odd, even) and (odd, odd) places, rows `stride` values apart. The rest of the planes
/// stays unchanged.
NETWORK_SAFE void NETWORK(split)(REAL *_Nonnull planes, size_t plane, size_t stride, const REAL *_Nonnull image,
                                 size_t channels, size_t rows, size_t columns);
/// The reverse, without the margin.
NETWORK_SAFE void NETWORK(join)(REAL *_Nonnull image, const REAL *_Nonnull planes, size_t plane, size_t stride,
                                size_t channels, size_t rows, size_t columns);
/// out [columns x rows] of in [rows x columns]; rows of each lie `stride` values apart.
NETWORK_SAFE void NETWORK(transpose)(REAL *_Nonnull out, size_t out_stride, const REAL *_Nonnull in, size_t stride,
                                     size_t rows, size_t columns);

/// The same, added to `out`.
NETWORK_SAFE void NETWORK(add_transposed)(REAL *_Nonnull out, size_t out_stride, const REAL *_Nonnull in, size_t stride,
                                          size_t rows, size_t columns);

/// Largest of each 2 x 2 square: [channels x out_rows x out_columns]; squares may exceed the edges. `which`: the place
/// in its square, 0 to 3 (the first among equals), or NULL.
NETWORK_SAFE void NETWORK(pool)(REAL *_Nonnull out, uint8_t *_Nullable which, const REAL *_Nonnull in, size_t channels,
                                size_t rows, size_t columns, size_t out_rows, size_t out_columns);
/// Adds each gradient at the place of the largest value.
NETWORK_SAFE void NETWORK(pool_backward)(REAL *_Nonnull input_gradient, const REAL *_Nonnull gradient,
                                         const uint8_t *_Nonnull which, size_t channels, size_t rows, size_t columns,
                                         size_t out_rows, size_t out_columns);
/// Every value twice in both directions: [channels x 2 rows x 2 columns].
NETWORK_SAFE void NETWORK(upsample)(REAL *_Nonnull out, const REAL *_Nonnull in, size_t channels, size_t rows,
                                    size_t columns);
NETWORK_SAFE void NETWORK(upsample_backward)(REAL *_Nonnull input_gradient, const REAL *_Nonnull gradient,
                                             size_t channels, size_t rows, size_t columns);

// ---------------------------------------------------------------------------------------------------------------------
// Vectors
// ---------------------------------------------------------------------------------------------------------------------

/// Sum of the values.
NETWORK_SAFE REAL NETWORK(sum)(const REAL *_Nonnull values, size_t count);
/// Sum of (a - mean)^2.
NETWORK_SAFE REAL NETWORK(spread_of)(const REAL *_Nonnull values, REAL mean, size_t count);
/// Sum of a[i] * b[i].
NETWORK_SAFE REAL NETWORK(dot)(const REAL *_Nonnull a, const REAL *_Nonnull b, size_t count);
/// out[i] += in[i].
NETWORK_SAFE void NETWORK(add)(REAL *_Nonnull out, const REAL *_Nonnull in, size_t count);
/// out[i] = a[i] * b[i]; may be in place.
NETWORK_SAFE void NETWORK(multiply)(REAL *_Nonnull out, const REAL *_Nonnull a, const REAL *_Nonnull b, size_t count);
/// out[i] = in[i] * factor + offset; may be in place.
NETWORK_SAFE void NETWORK(affine)(REAL *_Nonnull out, const REAL *_Nonnull in, REAL factor, REAL offset, size_t count);
/// out[i] = in[i] * factors[i] + offsets[i]; may be in place.
NETWORK_SAFE void NETWORK(affine_each)(REAL *_Nonnull out, const REAL *_Nonnull in, const REAL *_Nonnull factors,
                                       const REAL *_Nonnull offsets, size_t count);
/// out[i] = (a * gradient[i] + b * in[i] + c); may be in place.
NETWORK_SAFE void NETWORK(combine)(REAL *_Nonnull out, const REAL *_Nonnull gradient, const REAL *_Nonnull in, REAL a,
                                   REAL b, REAL c, size_t count);
/// max(0, x); may be in place.
NETWORK_SAFE void NETWORK(relu)(REAL *_Nonnull out, const REAL *_Nonnull in, size_t count);
/// gradient[i] = 0 where out[i] is not above 0.
NETWORK_SAFE void NETWORK(relu_backward)(REAL *_Nonnull gradient, const REAL *_Nonnull out, size_t count);
/// 1 / (1 + exp(-x)); may be in place.
NETWORK_SAFE void NETWORK(sigmoid)(REAL *_Nonnull out, const REAL *_Nonnull in, size_t count);
/// gradient[i] *= out[i] * (1 - out[i]).
NETWORK_SAFE void NETWORK(sigmoid_backward)(REAL *_Nonnull gradient, const REAL *_Nonnull out, size_t count);
/// exp(x - max) / sum of them, of one row; may be in place.
NETWORK_SAFE void NETWORK(softmax)(REAL *_Nonnull out, const REAL *_Nonnull in, size_t count);

/// One step of an LSTM for `count` tokens side by side. Gates of consecutive units lie `stride` apart, the four gates
/// of a unit `gate` apart, in the order input, forget, cell, output: before their functions, and after. cell: of this
/// step, from that of the last; hidden: o * tanh(c); these lie `state` apart. squashed: tanh(c), `stride` apart.
NETWORK_SAFE void NETWORK(lstm_step)(REAL *_Nonnull gates, size_t gate, size_t stride, REAL *_Nonnull squashed,
                                     const REAL *_Nonnull last_cell, REAL *_Nonnull cell, REAL *_Nonnull hidden,
                                     size_t state, size_t units, size_t count);
/// Its backward pass. gates, squashed, last_cell: as lstm_step left them; hidden_gradient and cell_gradient [units x
/// count]: cell_gradient is of the step after, and on return of the step before; gate_gradient: as gates, before
/// functions.
NETWORK_SAFE void NETWORK(lstm_step_backward)(REAL *_Nonnull gate_gradient, REAL *_Nonnull cell_gradient,
                                              const REAL *_Nonnull hidden_gradient, const REAL *_Nonnull gates,
                                              size_t gate, size_t stride, const REAL *_Nonnull squashed,
                                              const REAL *_Nonnull last_cell, size_t state, size_t units,
                                              size_t count);

/// Mean of (in - target)^2; gradient, unless NULL: 2 (in - target) / (count * total).
NETWORK_SAFE REAL NETWORK(squared_error)(REAL *_Nullable gradient, const REAL *_Nonnull in,
                                         const REAL *_Nonnull target, REAL total, size_t count);

/// Adam (Kingma, Ba 2015): first = b1 first + (1 - b1) g, second = b2 second + (1 - b2) g^2,
/// values -= rate * first / (sqrt(second) + epsilon), with rate and epsilon corrected for the step by the caller. The
/// gradient is 0 after.
NETWORK_SAFE void NETWORK(adam)(REAL *_Nonnull values, REAL *_Nonnull first, REAL *_Nonnull second,
                                REAL *_Nonnull gradient, REAL rate, REAL beta1, REAL beta2, REAL epsilon,
                                size_t count);
