import Foundation

extension Process {
  /// Closes our side of the files that it writes to, once it has been started: Foundation keeps processes that have ended,
  /// and their files, and crashes in its next `run` when there are more than a thousand of these.
  public func closeFiles() {
    for case let handle as FileHandle in [standardOutput, standardError] where handle !== FileHandle.nullDevice {
      // Those that it shares with us stay.
      if handle.fileDescriptor > 2 { try? handle.close() }
    }
  }
}
