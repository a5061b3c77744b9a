/// sin(2 pi phase / 2^32): an odd polynomial, within 2e-7, the same on every CPU.
@inline(__always) @_noLocks @_noAllocation
func sine(_ phase: UInt32) -> Float {
  // x in [-1, 1) half turns: sin(pi x) = x (1 - x^2) p(x^2), p a least-maximum fit.
  let x = Float(Int32(bitPattern: phase)) * 0x1p-31
  let u = x * x
  var p: Float = -0.000_389_816_9
  p = p * u + 0.006_867_924_3
  p = p * u - 0.075_192_226
  p = p * u + 0.524_037_18
  p = p * u - 2.026_119_5
  p = p * u + 3.141_592_6
  return x * (1 - u) * p
}
