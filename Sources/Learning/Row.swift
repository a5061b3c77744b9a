import CNetwork
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

  /// Sorts the columns with the largest parts to the front, those above 0, the first among equals; returns their number.
  func rank(
    into list: inout (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32), most: Int
  ) -> Int {
    bands.update(repeating: 0, count: columns)
    network_add_rows(bands, parts, width / columns, columns)
    return withUnsafeMutableBytes(of: &list) { bytes in
      let ranked = bytes.bindMemory(to: UInt32.self)
      var count = 0
      var least = 0.0
      for column in 0..<columns where bands[column] > least {
        var place = min(count, most - 1)
        while place > 0, bands[Int(ranked[place - 1])] < bands[column] {
          ranked[place] = ranked[place - 1]
          place -= 1
        }
        ranked[place] = UInt32(column)
        count = min(count + 1, most)
        // Until the list is full, every column above 0 gets into it.
        least = count == most ? bands[Int(ranked[most - 1])] : 0
      }
      return count
    }
  }
}

func isReadable(_ path: String) -> Bool { access(PathText.bytes(path), R_OK) == 0 }
