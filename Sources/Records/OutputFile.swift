import Glibc
import NodeKit
import OutputFiles
import SystemCalls
import TextEscapes

/// A file that a sink writes. It is continued or replaced, locked while it is open, cut into numbered parts, and never
/// ends in half a line or half a token.
///
/// Before it opens or cuts anything, it refuses other kinds of files, folders, disks, and files of other outputs.
/// Thread: control and worker, never two at once.
public final class OutputFile {
  /// As given; `-` is standard output.
  public let path: String
  public let kind: OutputKind
  /// Bytes in the current part, including those of earlier runs.
  public private(set) var size = 0
  public var isOpen: Bool { descriptor >= 0 }
  /// Keeps the file's content when it is opened.
  public var appends: Bool
  /// Waits until a pipe's reader has read everything. For runs without a deadline.
  public var waitsForReader = false
  /// Reports what happened to the file.
  public var tell: (String) -> Void = { _ in }

  public let keep: KeepLimit?
  var descriptor: Int32 = -1
  /// The path with links resolved.
  private(set) var place = ""
  /// A file on a disk, which can be cut and renamed. Not a pipe, a terminal or a device.
  public private(set) var isRegular = false
  /// No other process or output writes the file.
  public private(set) var isLocked = false
  private var hasBegun = false
  private var folder: OutputFolder?
  private var parts: OutputParts?

  /// - Parameter append: adds to the file's content, instead of replacing it.
  public init(path: String, kind: OutputKind, append: Bool = true, keep: KeepLimit? = nil) {
    self.path = OutputFile.isStandardOutput(path) ? "-" : path
    self.kind = kind
    self.keep = keep
    appends = append
  }

  deinit { close() }

  /// Whether a path parameter means standard output: hosts make `-` absolute like any other output path.
  public static func isStandardOutput(_ path: String) -> Bool { StandardStreams.isOutput(path) }

  // MARK: Opening

  /// Refuses a path that must not be written to, without opening anything for writing.
  public func examine() throws(FileProblem) {
    if path == "-" { return }
    var status = stat()
    guard stat(PathText.bytes(path), &status) == 0 else { return }
    try OutputPlace.check(status, path, kind)
    guard status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else { return }
    let descriptor = Glibc.open(PathText.bytes(path), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    // A file that can't be read is checked when it is opened.
    guard descriptor >= 0 else { return }
    defer { Glibc.close(descriptor) }
    try OutputPlace.checkContent(descriptor, path, kind)
  }

  /// Opens the file, unless it is open. Makes its folder if only that is missing.
  ///
  /// - Parameter sharing: another instance of the same node may still hold it.
  public func open(sharing: Bool = false) throws(FileProblem) {
    if isOpen { return }
    guard path != "-" else {
      descriptor = STDOUT_FILENO
      isRegular = false
      return
    }
    let folder = self.folder ?? OutputFolder(of: OutputPlace.resolved(path))
    self.folder = folder
    if try folder.make() { tell("made the folder \(folder.path)") }
    place = OutputPlace.resolved(path)
    for _ in 0..<5 {
      descriptor = try OutputPlace.open(place, path, kind)
      do throws(FileProblem) {
        if try take(sharing: sharing) { return }
      } catch {
        close()
        throw error
      }
      // The file was moved away meanwhile.
      close()
    }
    throw FileProblem("\(path) is moved away each time it is opened: check which program does that", code: EBUSY)
  }

  /// Locks and checks the open file; false: it is no longer at its path.
  private func take(sharing: Bool) throws(FileProblem) -> Bool {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileProblem("open", path, errno) }
    try OutputPlace.check(status, path, kind)
    isRegular = status.st_mode & S_IFMT == S_IFREG
    guard isRegular else { return true }
    try lock(sharing: sharing)
    guard fstat(descriptor, &status) == 0, isAtPlace(status) else { return false }
    try OutputPlace.checkContent(descriptor, path, kind)
    if !appends, !hasBegun, status.st_size > 0 {
      guard ftruncate(descriptor, 0) == 0 else { throw FileProblem("shorten", path, errno) }
      status.st_size = 0
    }
    hasBegun = true
    size = Int(status.st_size)
    lseek(descriptor, 0, SEEK_END)
    if OutputPlace.isOrdinary(place) {
      if parts == nil || parts!.path != place { parts = OutputParts(of: place, keep: keep) }
      if size == 0 { parts?.begin(status) }
    }
    return true
  }

  private func lock(sharing: Bool) throws(FileProblem) {
    let outcome = FileLock.take(descriptor)
    isLocked = outcome == .taken
    switch outcome {
    case .held(let holder) where !sharing:
      throw FileProblem(
        "\(path) is being written \(FileLock.words(holder)): give this output another path", code: EBUSY)
    // Appending harms no reader.
    case .taken where !sharing && !appends && !hasBegun && FileLock.isRead(descriptor):
      throw FileProblem(
        "\(path) is being read by a run: wait for that to end, or give this output another path", code: EBUSY)
    case .taken, .held: break
    }
  }

  /// Takes the lock as soon as the old instance has released it.
  private func lockLate() {
    guard !isLocked, isRegular else { return }
    isLocked = flock(descriptor, LOCK_EX | LOCK_NB) == 0
  }

  private func isAtPlace(_ status: stat) -> Bool {
    var named = stat()
    return stat(PathText.bytes(place), &named) == 0 && FileIdentity(named) == FileIdentity(status)
  }

  /// Whether the open file is still at its path, and not shorter than before.
  public func isInPlace() -> Bool {
    guard isOpen, isRegular else { return isOpen }
    lockLate()
    var status = stat()
    guard fstat(descriptor, &status) == 0, isAtPlace(status) else { return false }
    // Lines are added at the end, wherever it is. A file with a header must keep its length.
    if kind == .jsonLines { size = Int(status.st_size) } else if Int(status.st_size) < size { return false }
    return true
  }

  /// Releases the file, which another instance of the node or another run may use. A pipe stays open, because its
  /// reader takes a closed pipe for the end.
  public func letGo() {
    if isRegular { close() }
  }

  public func close() {
    if descriptor > STDERR_FILENO { Glibc.close(descriptor) }
    descriptor = -1
    isLocked = false
  }

  // MARK: Parts

  /// Renames the file to the next free number, `name.1.ext`, `name.2.ext` and so on, and begins an empty file. Deletes
  /// parts beyond the limits.
  public func rotate() throws(FileProblem) {
    guard hasParts, isOpen else { return }
    fdatasync(descriptor)
    _ = try parts?.finish(descriptor, isOwn: true)
    close()
    try open()
    trim(adding: 0)
  }

  /// Does the same with a file of an earlier run that can't be continued.
  ///
  /// - Parameter reason: why it can't, as in "holds 2 channels".
  public func setAside(_ reason: String) throws(FileProblem) {
    guard hasParts, isOpen, let name = try parts?.finish(descriptor, isOwn: false) else {
      throw FileProblem("\(path) \(reason), and can't be moved away: give another path", code: EBUSY)
    }
    tell("\(path) \(reason): it is \(name) now, and a new file is begun")
    close()
    try open()
  }

  /// Makes room for `count` more bytes.
  public func trim(adding count: Int) { parts?.trim(size: size + count) }

  /// Whether it can be renamed to a numbered part.
  public var hasParts: Bool { isRegular && OutputPlace.isOrdinary(place) }

  /// Whether the part must end before it takes `count` more bytes, so that deleting older parts can make room for it.
  public func isFull(adding count: Int) -> Bool {
    guard hasParts, let most = keep?.mostOfPart else { return false }
    return size > 0 && size + count > most
  }

  // MARK: Content

  /// Adds data at the end.
  ///
  /// - Parameter taken: number of bytes in the file afterwards, also after an error. They end with a whole line.
  public func write(_ bytes: UnsafeRawBufferPointer, taken: inout Int) throws(FileProblem) {
    guard isRegular else { return try writeStream(bytes, taken: &taken) }
    var written = 0
    let code = writeAll(bytes, to: descriptor, written: &written)
    guard code == 0 else {
      taken = cutBack(UnsafeRawBufferPointer(rebasing: bytes[..<written]))
      throw FileProblem("write", path, code)
    }
    taken = written
    size += written
  }

  public func write(_ bytes: [UInt8]) throws(FileProblem) {
    var taken = 0
    try bytes.withBytes { (buffer) throws(FileProblem) in try write(buffer, taken: &taken) }
  }

  private func cutBack(_ written: UnsafeRawBufferPointer) -> Int {
    let whole = kind == .jsonLines ? (written.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1 : written.count
    size += whole
    if whole < written.count {
      ftruncate(descriptor, size)
      lseek(descriptor, size, SEEK_SET)
    }
    return whole
  }

  /// Replaces bytes at an offset; the length of the file stays the same.
  public func overwrite(_ bytes: [UInt8], at offset: Int) throws(FileProblem) {
    let code = writeAll(bytes, to: descriptor, at: offset)
    guard code == 0 else { throw FileProblem("write", path, code) }
  }

  /// Up to `count` bytes from an offset; fewer at the end of the file.
  public func read(_ count: Int, at offset: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      initialized = max(0, pread(descriptor, buffer.baseAddress!, count, off_t(offset)))
    }
  }

  /// Shortens the file.
  public func cut(to newSize: Int) throws(FileProblem) {
    guard ftruncate(descriptor, off_t(newSize)) == 0 else { throw FileProblem("shorten", path, errno) }
    size = newSize
    lseek(descriptor, 0, SEEK_END)
  }
}

extension NodeError {
  /// Runs `body` on a sink's file and turns its error into a `NodeError`.
  public static func wording<T>(_ body: () throws(FileProblem) -> T) throws(NodeError) -> T {
    do { return try body() } catch { throw NodeError(error) }
  }

  /// An error of a sink's file, at the parameter `path`.
  public init(_ problem: FileProblem) { self.init(problem.description, parameter: "path") }
}

extension Array where Element == UInt8 {
  /// Like `withUnsafeBytes`, with the error's type.
  public func withBytes(_ body: (UnsafeRawBufferPointer) throws(FileProblem) -> Void) throws(FileProblem) {
    var problem: FileProblem?
    withUnsafeBytes { bytes in
      do throws(FileProblem) { try body(bytes) } catch { problem = error }
    }
    if let problem { throw problem }
  }
}
