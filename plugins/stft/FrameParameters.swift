import NodeKit

/// The parameters that say how samples are cut into analysis frames.
struct FrameParameters {
  static let declarations: [ParameterDeclaration] = [
    .number(
      "length", "Length of the window, in samples or as a duration", unit: .sample, also: .second, default: "1024",
      range: 2...Double(FrameLayout.longest)),
    .integer(
      "fft", "Points of the FFT, even; default: the length, or the next length that can run in real time",
      unit: .sample,
      range: 2...Double(FrameLayout.longest)),
    .number(
      "hop", "From one column to the next, in samples or as a duration; default: half of the length", unit: .sample,
      also: .second, range: 1...Double(FrameLayout.longest)),
    .choice("window", "Shape of the window, periodic", of: WindowShape.allCases.map(\.rawValue), default: "hann"),
    .boolean(
      "center", "Centre column t on sample t * hop, with zero padding at start and end", default: "true"),
  ]

  let window: WindowShape
  private let length: Value
  private let hop: Value?
  private let fft: Int?
  private let isCentered: Bool

  init(_ arguments: Arguments) {
    length = arguments["length"]!
    hop = arguments["hop"]
    fft = arguments["fft"].map { Int($0.number!) }
    window = WindowShape(rawValue: arguments.text("window"))!
    isCentered = arguments.boolean("center")
  }

  /// Lengths in samples at the input's rate. Logs when the transform is longer than the window.
  ///
  /// - Throws: `NodeError` for lengths out of range or not whole, and for transforms that cannot run in real time.
  func layout(rate: Double, host: Host) throws -> FrameLayout {
    let length = try samples(self.length, rate, "length", least: 2)
    let hop = try self.hop.map { try samples($0, rate, "hop", least: 1) } ?? max(1, length / 2)
    let fft = fft ?? FrameLayout.realtimeLength(from: length)
    guard fft >= length else {
      throw NodeError("an FFT of \(fft) points is shorter than the window of \(length) samples", parameter: "fft")
    }
    guard FrameLayout.isRealtimeLength(fft) else {
      throw NodeError(
        "an FFT of \(fft) points cannot run on the realtime thread: use an even product of 2, 3, 5, 7 and at most one "
          + "11 or 13, such as \(FrameLayout.realtimeLength(from: fft))", parameter: "fft")
    }
    if self.fft == nil && fft != length {
      host.log(
        .info, "the window has \(length) samples, its FFT \(fft) points: the next length that can run in real time")
    }
    return FrameLayout(length: length, fft: fft, hop: hop, isCentered: isCentered)
  }

  /// Samples in a length given in samples, or as a duration, which is rounded.
  private func samples(_ value: Value, _ rate: Double, _ parameter: String, least: Int) throws -> Int {
    let number = value.number!
    let samples = value.unit == .second ? (number * rate).rounded() : number
    guard samples == samples.rounded() else {
      throw NodeError("\(number) is not a whole number of samples", parameter: parameter)
    }
    guard samples >= Double(least), samples <= Double(FrameLayout.longest) else {
      throw NodeError(
        "\(number) s at \(rate) Hz is out of range: from \(least) to \(FrameLayout.longest) samples",
        parameter: parameter)
    }
    return Int(samples)
  }
}
