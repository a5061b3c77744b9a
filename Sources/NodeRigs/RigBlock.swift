import CNodeABI
import NodeHost

/// One port's memory, with a host's layout and alignment. A pattern fills it, which shows values that a node does not
/// write, and fences around it show writes outside.
public final class RigBlock {
  public let pointer: UnsafeMutablePointer<auscult_block>
  public let format: UnsafeMutablePointer<auscult_format>
  public let capacity: Int
  private let memory = RigMemory()
  /// The fences and the memory between.
  private let words: UnsafeMutablePointer<UInt32>
  private let payload: Range<Int>
  private let wordCount: Int
  /// Not a number as float and as double, and with bits that no arithmetic yields.
  private static let untouched: UInt32 = 0xffff_ffff
  /// Floats before the payload that must stay unchanged.
  private static let fence = 64
  /// Tokens after the payload that must stay unchanged: a node that yields too many gets an error, and corrupts
  /// nothing.
  private static let spare = 16

  /// Memory of a caller for the words, instead of our own with fences: given their number, returns them, filled with
  /// 0xff. The caller keeps them as long as the block.
  public typealias Lender = (Int) -> UnsafeMutableRawPointer?

  /// - Parameters:
  ///   - hasMarks: every token sounds; false: the stream has no marks.
  ///   - lender: nil: memory with fences.
  public init(_ format: auscult_format, capacity: Int, hasMarks: Bool = true, lender: Lender? = nil) {
    self.capacity = capacity
    self.format = memory.array([format])
    let channels = Int(format.channels)
    let isAudio = format.kind == AUSCULT_AUDIO
    let channelWords = ((isAudio ? capacity : Self.payloadBytes(format) / 4) + 15) / 16 * 16
    let count = channelWords * channels * (isAudio ? 1 : capacity)
    if let lent = lender?(count) {
      payload = 0..<count
      wordCount = count
      words = lent.bindMemory(to: UInt32.self, capacity: count)
    } else {
      payload = Self.fence..<(Self.fence + count)
      wordCount = payload.upperBound + Self.fence + Self.spare * channelWords * channels
      words = memory.bytes(4 * wordCount, filled: 0xff).bindMemory(to: UInt32.self, capacity: wordCount)
    }
    pointer = memory.array([auscult_block()])
    pointer.pointee.size = UInt32(MemoryLayout<auscult_block>.size)
    pointer.pointee.capacity = UInt32(capacity)
    pointer.pointee.token_stride = UInt32(isAudio ? 4 : 4 * channelWords * channels)
    pointer.pointee.channel_stride = UInt32(4 * channelWords)
    pointer.pointee.data = UnsafeMutableRawPointer(words + payload.lowerBound)
    pointer.pointee.heads = memory.array([auscult_head](repeating: auscult_head(), count: max(1, capacity)))
    pointer.pointee.format = UnsafePointer(self.format)
    guard hasMarks else { return }
    pointer.pointee.marks = memory.array(
      [UInt8](repeating: UInt8(AUSCULT_MARK_SOUNDING), count: max(1, capacity) * channels))
    pointer.pointee.mark_token_stride = 1
    pointer.pointee.mark_channel_stride = UInt32(max(1, capacity))
  }

  private static func payloadBytes(_ format: auscult_format) -> Int {
    switch format.kind {
    case AUSCULT_SCORE: MemoryLayout<auscult_score>.stride
    case AUSCULT_EVENT: MemoryLayout<auscult_event>.stride
    default: 4 * Int(format.rows * format.columns) * (format.kind == AUSCULT_SPECTRUM ? 2 : 1)
    }
  }

  public var count: Int {
    get { Int(pointer.pointee.count) }
    set { pointer.pointee.count = UInt32(newValue) }
  }

  public func payload<T>(_ token: Int, _ channel: Int, as type: T.Type) -> UnsafeMutablePointer<T> {
    (pointer.pointee.data + pointer.pointee.place(token, channel)).assumingMemoryBound(to: type)
  }

  /// The floats of a token, or of an audio channel [count].
  public func values(_ token: Int, _ channel: Int) -> UnsafeMutablePointer<Float> {
    payload(token, channel, as: Float.self)
  }

  public func setMark(_ token: Int, _ channel: Int, _ mark: UInt8) {
    pointer.pointee.marks[pointer.pointee.markPlace(token, channel)] = mark
  }

  public func mark(_ token: Int, _ channel: Int) -> UInt8 {
    pointer.pointee.marks[pointer.pointee.markPlace(token, channel)]
  }

  /// Whether the node left a value unchanged.
  public static func isUntouched(_ value: Float) -> Bool { value.bitPattern == untouched }

  /// - Throws: where the node yielded more than fits, or wrote outside.
  public func check(fences: Bool = true) throws {
    guard count <= capacity else { throw NodeRig.Failure("\(count) tokens where \(capacity) fit") }
    if fences, hasFailedFence { throw NodeRig.Failure("wrote outside of the block") }
  }

  private var hasFailedFence: Bool {
    let isWhole = { (range: Range<Int>) in range.allSatisfy { self.words[$0] == Self.untouched } }
    return !isWhole(0..<payload.lowerBound) || !isWhole(payload.upperBound..<wordCount)
  }
}
