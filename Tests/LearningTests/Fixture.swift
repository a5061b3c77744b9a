import Foundation
import Learning
import Models

/// The tensors of a file under Tests/Fixtures/pytorch.
struct Fixture {
  let tensors: [String: Tensor]

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/pytorch")

  init(_ path: String) throws {
    tensors = try SafeTensors.tensors(path: Self.folder.appendingPathComponent("\(path).safetensors").path)
  }

  func numbers(_ name: String) -> [Double] { tensors[name]!.numbers }
  func number(_ name: String) -> Double { numbers(name)[0] }
  func shape(_ name: String) -> [Int] { tensors[name]!.shape }
  func has(_ name: String) -> Bool { tensors[name] != nil }
}

/// The largest difference, relative where numbers are above 1.
func distance(_ a: [Double], _ b: [Double]) -> Double {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).map { abs($0 - $1) / max(1, abs($0), abs($1)) }.max() ?? 0
}
