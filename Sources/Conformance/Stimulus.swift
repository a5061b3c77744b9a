import CNodeABI
import NodeKit
import NodeRigs

/// What a node hears: all tokens of each input, in words of 32 bits, and the driver's samples for a source.
struct Stimulus {
  enum Content: CaseIterable {
    case ordinary, silence, fullScale, denormal, notFinite, impulse
  }

  /// [input][channel][token x words]
  let words: [[[UInt32]]]
  /// Words in a token (audio: a sample) of a channel, by input.
  let widths: [Int]
  let formats: [auscult_format]
  let frames: Int
  /// [channel][frame]
  let external: [[Float]]

  /// The frame of the impulse.
  static let impulse = 3000
  private static let mostExternal = 8

  init(_ arrangement: Arrangement, _ content: Content, seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    formats = arrangement.inputs.map(\.format.native)
    frames = arrangement.frames
    widths = arrangement.inputs.map { Feeder.words($0.format.native) }
    let frames = frames
    words = formats.map { format in
      let count = Stimulus.count(format, frames: frames)
      switch format.kind {
      case AUSCULT_SCORE:
        return (0..<Int(format.channels)).map { _ in Stimulus.scores(count, content, &random) }
      case AUSCULT_EVENT: return [Stimulus.events(format, count)]
      default:
        let width = Feeder.words(format)
        return (0..<Int(format.channels)).map { _ in
          Stimulus.values(format, count * width, content, &random).map(\.bitPattern)
        }
      }
    }
    let plain = RigFormat.audio(channels: 1, rate: arrangement.rate)
    external = (0..<Self.mostExternal).map { _ in Stimulus.values(plain, frames, content, &random) }
  }

  /// Tokens (audio: samples) that have ended by a frame position.
  static func count(_ format: auscult_format, frames: Int) -> Int {
    Int64(frames) < format.extent ? 0 : Int((Int64(frames) - format.extent) / format.period) + 1
  }

  // MARK: Content

  private static func values(
    _ format: auscult_format, _ count: Int, _ content: Content, _ random: inout SeededGenerator
  ) -> [Float] {
    let (low, high) = range(format)
    let middle = low < 0 && high > 0 ? 0 : low
    switch content {
    case .silence: return [Float](repeating: middle, count: count)
    case .fullScale: return (0..<count).map { $0 / 3 % 2 == 0 ? high : low }
    case .denormal: return (0..<count).map { Float(bitPattern: UInt32($0 % 4096) + 1) * ($0 % 2 == 0 ? 1 : -1) }
    case .impulse:
      var values = [Float](repeating: 0, count: count)
      if count > impulse { values[impulse] = 0.75 }
      return values
    case .ordinary, .notFinite:
      var values = (0..<count).map { _ in low + (high - low) * Float(random.unit()) }
      guard content == .notFinite else { return values }
      let bad: [Float] = [.nan, .infinity, -.infinity, .signalingNaN, .greatestFiniteMagnitude]
      for index in values.indices where random.index(37) == 0 { values[index] = bad[random.index(bad.count)] }
      return values
    }
  }

  /// The values that a stream of this kind and scale has.
  private static func range(_ format: auscult_format) -> (Float, Float) {
    switch format.kind {
    case AUSCULT_AUDIO: return (-1, 1)
    case AUSCULT_SPECTRUM: return (-4, 4)
    default: return format.scale == AUSCULT_SCALE_DECIBEL ? (-80, 0) : (0, 1)
    }
  }

  /// Scores are finite whatever the content: the host lets no other reach a node.
  private static func scores(_ count: Int, _ content: Content, _ random: inout SeededGenerator) -> [UInt32] {
    let width = MemoryLayout<auscult_score>.stride / 4
    var words = [UInt32](repeating: 0, count: count * width)
    words.withUnsafeMutableBytes { bytes in
      let scores = bytes.bindMemory(to: auscult_score.self)
      for index in 0..<count {
        let isHigh = content == .fullScale || content == .ordinary && index / 10 % 2 == 1
        let part = content == .silence ? 0 : 0.4 * random.unit()
        scores[index].score = isHigh ? 0.6 + part : part
        scores[index].threshold = 0.5
        scores[index].class_index = -1
      }
    }
    return words
  }

  /// Each channel's alarm is raised, then cleared, and so on.
  private static func events(_ format: auscult_format, _ count: Int) -> [UInt32] {
    let width = MemoryLayout<auscult_event>.stride / 4
    let channels = Int(format.channels)
    var words = [UInt32](repeating: 0, count: count * width)
    words.withUnsafeMutableBytes { bytes in
      let events = bytes.bindMemory(to: auscult_event.self)
      for index in 0..<count {
        let begin = Int64(index) * format.period
        events[index].channel = UInt32(index % channels)
        events[index].state = index / channels % 2 == 0 ? AUSCULT_EVENT_RAISED : AUSCULT_EVENT_CLEARED
        (events[index].begin, events[index].end) = (begin, begin + format.extent)
        (events[index].score, events[index].threshold) = (0.8, 0.5)
      }
    }
    return words
  }
}
