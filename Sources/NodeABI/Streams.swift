import CNodeABI

/// The kinds of stream that a port accepts (inputs) or yields (outputs).
public struct StreamKinds: OptionSet, Sendable, Hashable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public static let audio = StreamKinds(rawValue: AUSCULT_AUDIO)
  public static let spectrum = StreamKinds(rawValue: AUSCULT_SPECTRUM)
  public static let features = StreamKinds(rawValue: AUSCULT_FEATURES)
  public static let slice = StreamKinds(rawValue: AUSCULT_SLICE)
  public static let score = StreamKinds(rawValue: AUSCULT_SCORE)
  public static let event = StreamKinds(rawValue: AUSCULT_EVENT)
  public static let any = StreamKinds(rawValue: AUSCULT_ANY_KIND)
}

extension StreamKinds: CustomStringConvertible {
  private static let names: [(StreamKinds, String)] = [
    (.audio, "audio"), (.spectrum, "spectrum"), (.features, "features"), (.slice, "slice"), (.score, "score"),
    (.event, "event"),
  ]

  /// The word of each kind, in the order of the ABI.
  public var words: [String] { Self.names.filter { contains($0.0) }.map(\.1) }

  /// `audio`, `features or slice`, `any`.
  public var description: String {
    if self == .any { return "any" }
    let words = words
    return words.count < 2 ? words.first ?? "nothing" : words.dropLast().joined(separator: ", ") + " or " + words.last!
  }
}

/// Why a part of a stream is missing: AUSCULT_GAP_*.
public enum GapCause: UInt32, Sendable, CaseIterable {
  case xrun = 1
  case drop, node, server, network, sink
}

/// Why a machine is not heard: AUSCULT_DEAF_*.
public enum DeafCause: UInt32, Sendable, CaseIterable {
  case unconnected = 1
  case silent, stuck, noScore

  /// Its word in records and messages.
  public var name: StaticString {
    switch self {
    case .unconnected: "unconnected"
    case .silent: "silent"
    case .stuck: "stuck"
    case .noScore: "no score"
    }
  }
}

extension auscult_format {
  /// Bytes of one channel of one token; audio: of one sample.
  public var channelBytes: Int {
    switch kind {
    case AUSCULT_AUDIO: 4
    case AUSCULT_SPECTRUM: Int(columns) * 8
    case AUSCULT_FEATURES: Int(columns) * 4
    case AUSCULT_SLICE: Int(rows) * Int(columns) * 4
    case AUSCULT_SCORE: MemoryLayout<auscult_score>.stride
    default: MemoryLayout<auscult_event>.stride
    }
  }

  /// Values of a token: one for each channel. An event is one value, whatever the channels that it may be about.
  public var payloadChannels: Int { kind == AUSCULT_EVENT ? 1 : Int(channels) }
}

/// What `process` of a node of the host itself may return beside the ABI's status.
public enum HostStatus {
  /// The tokens of this call are lost; the node goes on. The outputs' blocks say so where a gap is to be reported.
  @inlinable
  public static var lost: Int32 { @_noLocks @_noAllocation get { 0x4c4f_5354 } }
}
