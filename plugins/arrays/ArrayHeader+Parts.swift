import Records

/// The sizes of an array that is cut into parts.
extension ArrayHeader {
  /// The most tokens of one part.
  ///
  /// - Parameter rate: tokens per second.
  func mostTokens(_ limit: RotationLimit?, _ keep: KeepLimit?, rate: Double) -> Int {
    var most = Int.max
    switch limit {
    case nil: break
    case .bytes(let bytes): most = max(1, (bytes - Self.length) / stride)
    case .seconds(let seconds): most = Int(max(1, min(seconds * rate, 1e15)))
    }
    guard let bytes = keep?.mostOfPart else { return most }
    return max(1, min(most, (bytes - Self.length) / stride))
  }

  /// Bytes of this many tokens, or the greatest number.
  func size(tokens: Int) -> Int {
    let (bytes, isOver) = tokens.multipliedReportingOverflow(by: stride)
    return isOver ? .max : bytes
  }
}
