import NodeKit
import TextEscapes

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The scaled values of the current token, and the part of each in its score.
final class Row {
  /// [width]
  let values: UnsafeMutablePointer<Double>
  let parts: UnsafeMutablePointer<Double>
  /// [columns]
  private let bands: UnsafeMutablePointer<Double>
  private let width: Int
  private let columns: Int
  private let memory = NodeMemory()

  init(width: Int, columns: Int) {
    self.width = width
    self.columns = columns
    values = memory.array(repeating: 0, count: width)
    parts = memory.array(repeating: 0, count: width)
    bands = memory.array(repeating: 0, count: columns)
  }

  /// Sorts the columns with the largest parts to the front, those above 0; returns their number.
  func rank(
    into list: inout (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32), most: Int
  ) -> Int {
    for column in 0..<columns {
      bands[column] = 0
      for place in stride(from: column, to: width, by: columns) { bands[column] += parts[place] }
    }
    return withUnsafeMutableBytes(of: &list) { bytes in
      let ranked = bytes.bindMemory(to: UInt32.self)
      for place in 0..<most {
        var best = -1
        for column in 0..<columns where bands[column] > 0 && (best < 0 || bands[column] > bands[best]) { best = column }
        if best < 0 { return place }
        ranked[place] = UInt32(best)
        bands[best] = 0
      }
      return most
    }
  }
}

func isReadable(_ path: String) -> Bool { access(PathText.bytes(path), R_OK) == 0 }
