import FileDriver
import Glibc
import Models
import Synchronization
import TextEscapes

/// Identifies recordings with the same sound: the same samples in another container, losslessly compressed, or with
/// other text in the header give the same digest.
public enum SoundDigest {
  private static let known = Mutex<[State: String]>([:])

  /// Identity and state of a file when it was read.
  private struct State: Hashable {
    var file: ExistingFile
    var size: Int
    var changed: Int64

    init?(_ path: String) {
      var status = stat()
      guard let file = ExistingFile(path), stat(PathText.bytes(path), &status) == 0 else { return nil }
      self.file = file
      size = Int(status.st_size)
      changed = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    }
  }

  /// "sha256:..." of the rate, the channels and the samples of a file.
  ///
  /// - Throws: `TrainingError` where it is unreadable.
  public static func of(_ path: String) throws -> String {
    let state = State(path)
    if let state, let digest = known.withLock({ $0[state] }) { return digest }
    let digest = try read(path)
    if let state { known.withLock { $0[state] = digest } }
    return digest
  }

  private static func read(_ path: String) throws -> String {
    let file: AudioFile
    do { file = try AudioFile(path: path) } catch { throw TrainingError(error.description) }
    var hash = SHA256()
    withUnsafeBytes(of: (Int64(file.rate), Int64(file.channels))) { hash.update($0) }
    var samples = [Float](repeating: 0, count: 16384 * file.channels)
    while true {
      let count = file.read(&samples, frames: 16384)
      guard count > 0 else { break }
      samples.withUnsafeBytes {
        hash.update(UnsafeRawBufferPointer(rebasing: $0[..<(count * file.channels * MemoryLayout<Float>.stride)]))
      }
    }
    return "sha256:" + hash.hex()
  }
}
