import NIOCore
import NIOHTTP1
import NIOPosix

/// A part of a file, or all of it, as the body of an answer.
struct FilePart: Sendable {
  /// Bytes that are read and sent at once.
  private static let piece = 64 << 10

  let file: SoundFile
  let range: Range<Int>

  /// The answer to a request for a file.
  ///
  /// - Parameter range: the header `Range`.
  static func reply(_ file: SoundFile, range header: String?) -> Reply {
    var reply = Reply(status: .ok, type: file.type, body: [])
    reply.headers = [("Accept-Ranges", "bytes")]
    switch parsed(header, size: file.size) {
    case .whole: reply.file = FilePart(file: file, range: 0..<file.size)
    case .part(let range):
      reply.status = .partialContent
      reply.headers.append(("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(file.size)"))
      reply.file = FilePart(file: file, range: range)
    case .none:
      return .problem(
        .rangeNotSatisfiable, "the sound has \(file.size) bytes", headers: [("Content-Range", "bytes */\(file.size)")])
    }
    return reply
  }

  private enum Part {
    case whole, none
    case part(Range<Int>)
  }

  /// One range of bytes. A header that asks for several, or for something else, is ignored.
  private static func parsed(_ header: String?, size: Int) -> Part {
    guard let header, header.utf8.count < 64, header.lowercased().hasPrefix("bytes=") else { return .whole }
    let sides = header.dropFirst("bytes=".count).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard sides.count == 2, sides.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }) else { return .whole }
    // A number that does not fit is larger than any file.
    let numbers = sides.map { $0.isEmpty ? nil : Int($0) ?? .max }
    switch (numbers[0], numbers[1]) {
    case (nil, nil): return .whole
    case (nil, let count?): return count > 0 && size > 0 ? .part(max(0, size - count)..<size) : .none
    case (let first?, let last):
      if let last, last < first { return .whole }
      return first < size ? .part(first..<min(last ?? size, size - 1) + 1) : .none
    }
  }

  /// Sends it piece by piece, each when the last one has been taken. Files are read on NIO's threads, not on the event
  /// loop's.
  ///
  /// - Parameters:
  ///   - isAlive: called on the event loop before each piece.
  ///   - done: called on the event loop; false: not all could be sent.
  func send(to channel: any Channel, isAlive: @escaping () -> Void, done: @escaping (Bool) -> Void) {
    let callbacks = NIOLoopBound((isAlive, done), eventLoop: channel.eventLoop)
    send(from: range.lowerBound, channel, callbacks)
  }

  private func send(
    from offset: Int, _ channel: any Channel, _ callbacks: NIOLoopBound<(() -> Void, (Bool) -> Void)>
  ) {
    guard offset < range.upperBound else { return callbacks.value.1(true) }
    callbacks.value.0()
    let (file, most) = (file, min(Self.piece, range.upperBound - offset))
    NIOThreadPool.singleton.runIfActive(eventLoop: channel.eventLoop) { file.read(at: offset, most: most) }
      .whenComplete { result in
        guard case .success(let bytes?) = result else { return callbacks.value.1(false) }
        let next = offset + bytes.count
        channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: bytes)))).whenComplete {
          if case .success = $0 { send(from: next, channel, callbacks) } else { callbacks.value.1(false) }
        }
      }
  }
}
