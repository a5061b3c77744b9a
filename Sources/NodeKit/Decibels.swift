import CRealtime

/// The factor of an amplitude that a level stands for.
@_noLocks @_noAllocation
public func amplitudeFactor(decibels: Double) -> Double { realtime_pow(10, decibels / 20) }
