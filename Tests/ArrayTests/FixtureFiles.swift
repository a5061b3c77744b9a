import Foundation

/// The files of Tests/Fixtures/arrays.
enum FixtureFiles {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures/arrays").path

  static func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name)))
  }

  static let pickles = ["names", "thresholds", "mixed"].flatMap { name in
    ["1", "2"].flatMap { major in (0...5).map { "\(name)-\(major)-\($0).pkl" } }
  }
}
