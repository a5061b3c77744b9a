import OutputFiles
import SystemCalls
import TextEscapes

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A whole file in memory: mapped, so that unused parts are not read.
final class MappedFile: @unchecked Sendable {
  let bytes: UnsafeRawBufferPointer

  /// - Throws: `ModelError` where it is not a regular file of at least a byte.
  init(path: String) throws(ModelError) {
    let descriptor = open(PathText.bytes(path), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
    guard descriptor >= 0 else {
      let reason = errno == ENOENT ? "there is no such file; train it first" : systemReason()
      throw ModelError(path: path, text: reason)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw ModelError(path: path, text: "is not a file")
    }
    guard status.st_size > 0 else { throw ModelError(path: path, text: "is empty (0 bytes); train it again") }
    guard let memory = mmap(nil, Int(status.st_size), PROT_READ, MAP_PRIVATE, descriptor, 0), memory != MAP_FAILED
    else { throw ModelError(path: path, text: systemReason()) }
    bytes = UnsafeRawBufferPointer(start: memory, count: Int(status.st_size))
  }

  /// Releases the memory of a part that was read; it is read from the file again where it is needed.
  ///
  /// - Parameter part: begins with a page.
  func release(_ part: UnsafeRawBufferPointer) {
    madvise(UnsafeMutableRawPointer(mutating: part.baseAddress), part.count, MADV_DONTNEED)
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }
}

/// Writes a file completely or not at all: into a temporary file next to it, which then takes its name.
///
/// - Throws: `ModelError`; then the temporary file is removed.
///
/// Keeps a link, and replaces its target. Replaces only regular files.
public func replaceFile(_ path: String, with bytes: [UInt8]) throws(ModelError) {
  let given = path
  let path = LinkedPath.resolved(path)
  var status = stat()
  if stat(PathText.bytes(path), &status) == 0, status.st_mode & S_IFMT != S_IFREG {
    throw ModelError(path: given, text: "is not a regular file and cannot be replaced; give another path")
  }
  let temporary = "\(path).\(getpid()).part"
  let descriptor = open(PathText.bytes(temporary), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
  guard descriptor >= 0 else { throw failure(path) }
  do throws(ModelError) {
    try write(bytes, to: descriptor, path)
    guard fsync(descriptor) == 0 else { throw failure(path) }
    guard close(descriptor) == 0 else { throw failure(path) }
    guard rename(PathText.bytes(temporary), PathText.bytes(path)) == 0 else { throw failure(path) }
  } catch {
    unlink(PathText.bytes(temporary))
    throw error
  }
}

private func write(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws(ModelError) {
  let problem = writeAll(bytes, to: descriptor)
  if problem != 0 { throw failure(path, problem) }
}

private func failure(_ path: String, _ code: Int32 = errno) -> ModelError {
  ModelError(path: path, text: "cannot be written: \(systemReason(code)); check permissions and disk")
}
