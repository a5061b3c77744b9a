import CNodeABI
import DetectorHost
import GraphEngine
import NodeABI

/// A token of one channel, as a tap gets it.
public struct TapToken: Sendable {
  public var channel: Int
  /// Driver frame positions.
  public var begin: Int64
  public var end: Int64
  /// The driver's frames per second.
  public var rate: Int
  public var isSilent = false
  public var isClipped = false
  /// Something was lost between this token and the one before.
  public var isAfterGap = false
  /// Features and slices: [rows x columns]. Scores and events, and tokens with a view: empty.
  public var values: [Float] = []
  /// Features and slices of a store that shares rows.
  var view: TokenView?
  public var score: Score?
  public var event: UInt32?
  /// Position of a score in its stream, and its marks, for `AlarmTrial`.
  var head = auscult_head()
  var marks: UInt8 = 0

  /// A score, as an alarm gets it.
  var heard: HeardScore? { score.map { heard($0.value) } }

  /// The score of the token, as an alarm gets it.
  func heard(_ score: Double) -> HeardScore { HeardScore(score: score, head: head, marks: marks) }

  package init(channel: Int, begin: Int64, end: Int64, rate: Int) {
    self.channel = channel
    self.begin = begin
    self.end = end
    self.rate = rate
  }

  public struct Score: Sendable {
    public var value: Double
    public var threshold: Double
    public var classIndex: Int
    public var probability: Float
  }

  public var beginSecond: Double { Double(begin) / Double(rate) }
  public var endSecond: Double { Double(end) / Double(rate) }
}
