import Foundation

extension Process {
  /// Closes our copies of the files that it writes to, after its start: Foundation keeps ended processes and their
  /// files, and crashes in its next `run` when there are more than a thousand.
  public func closeFiles() {
    for case let handle as FileHandle in [standardOutput, standardError] where handle !== FileHandle.nullDevice {
      // Files that it shares with us stay open.
      if handle.fileDescriptor > 2 { try? handle.close() }
    }
  }
}
