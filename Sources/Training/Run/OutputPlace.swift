import Foundation

/// Where a model is to be written.
enum OutputPlace {
  /// Makes its folder, and sees whether it can be written to, before anything long begins.
  static func prepare(_ output: String) throws {
    let folder = URL(fileURLWithPath: output).deletingLastPathComponent().path
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: output, isDirectory: &isFolder), isFolder.boolValue {
      throw TrainingError("\(output): is a folder; give the name of a file to write")
    }
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw TrainingError("\(output): its folder cannot be made; check the path")
    }
    // What permissions say is not all: root may do everything, but not on every file system.
    let trial = "\(output).\(getpid()).trial"
    guard FileManager.default.createFile(atPath: trial, contents: nil) else {
      throw TrainingError("\(output): nothing can be written there; check the folder's permissions, and its disk")
    }
    unlink(trial)
  }
}
