import CRealtime

/// The amplitude factor of a level in decibels.
@_noLocks @_noAllocation
public func amplitudeFactor(decibels: Double) -> Double { realtime_pow(10, decibels / 20) }
