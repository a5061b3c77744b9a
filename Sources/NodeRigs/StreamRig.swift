import CNodeABI
import NodeHost

/// A node with one input and one output, fed with streams of numbers. Reports tokens beyond the maximum, values that
/// were not written and writes outside of the block, which a real host would not notice.
public final class StreamRig {
  public typealias Problem = NodeRig.Failure

  /// The answer of `configure`.
  public var answer: auscult_answer { rig.answer }
  public private(set) var output: RigFormat?
  public var burst: Int { rig.bursts.first ?? 0 }
  /// Lines that the node has logged.
  public var log: [String] { rig.host.log }

  private let rig: NodeRig
  private var input: RigFormat?

  /// - Parameter parameters: as a graph file writes them; lists in brackets.
  public init(_ nodeClass: NodeClass, _ parameters: [String: String] = [:]) throws {
    rig = try NodeRig(nodeClass, try Setting.typed(parameters, nodeClass))
  }

  // MARK: Life

  /// Configures with one input and activates.
  @discardableResult
  public func start(_ input: RigFormat, quantum: Int = 1024) throws -> RigFormat {
    let format = try configure(input, quantum: quantum)
    try activate()
    return format
  }

  @discardableResult
  public func configure(_ input: RigFormat, quantum: Int = 1024) throws -> RigFormat {
    self.input = input
    try rig.configure([input.native], rate: Int(input.native.driver_rate), quantum: quantum)
    let output = RigFormat(rig.outputs[0])
    self.output = output
    return output
  }

  public func activate() throws { try rig.activate() }
  public func deactivate() { rig.deactivate() }
  public func reset() { rig.reset() }

  // MARK: Work

  /// Feeds a stream in blocks of `period()` tokens and collects what comes out.
  ///
  /// - Parameter isEnd: the stream ends with the last block or, without blocks, with an empty one.
  public func run(_ stream: RigStream, isEnd: Bool = true, period: () -> Int) throws -> RigStream {
    guard let output else { throw Problem("not configured") }
    var result = RigStream(
      format: output, channels: Array(repeating: [], count: Int(output.native.channels)))
    var done = 0
    repeat {
      let count = min(max(period(), 0), stream.count - done)
      let isLast = done + count == stream.count
      result.append(try process(stream.part(done..<(done + count)), isEnd: isEnd && isLast))
      done += count
    } while done < stream.count
    return result
  }

  /// One call of `process`. Output memory is as small as the node's declaration allows.
  public func process(_ block: RigStream, isEnd: Bool = false) throws -> RigStream {
    guard let input, let output else { throw Problem("not configured") }
    let to = RigBlock(
      output.native, capacity: output.native.mostTokens(from: block.count, of: input.native) + burst, hasMarks: false)
    try rig.process([block.laid(input, isEnd: isEnd)], outputs: [to])
    return try RigStream(to, output)
  }
}

extension RigStream {
  /// As an input block.
  fileprivate func laid(_ format: RigFormat, isEnd: Bool) -> RigBlock {
    let block = RigBlock(format.native, capacity: count, hasMarks: false)
    block.count = count
    block.pointer.pointee.flags = isEnd ? AUSCULT_BLOCK_END : 0
    block.pointer.pointee.complete = .min
    for channel in channels.indices {
      if format.isAudio {
        block.values(0, channel).update(from: channels[channel], count: count)
      } else {
        for index in 0..<count {
          block.values(index, channel).update(from: token(index, channel: channel), count: format.width)
        }
      }
    }
    return block
  }

  /// A node's output.
  ///
  /// - Throws: when a value was not written.
  fileprivate init(_ block: RigBlock, _ format: RigFormat) throws {
    let channels = (0..<Int(format.native.channels)).map { channel in
      format.isAudio
        ? Array(UnsafeBufferPointer(start: block.values(0, channel), count: block.count))
        : (0..<block.count).flatMap {
          Array(UnsafeBufferPointer(start: block.values($0, channel), count: format.width))
        }
    }
    guard channels.allSatisfy({ $0.allSatisfy { !RigBlock.isUntouched($0) } }) else {
      throw StreamRig.Problem("left values of a token unwritten")
    }
    self.init(format: format, channels: channels)
  }
}
