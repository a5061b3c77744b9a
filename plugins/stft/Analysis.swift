import NodeKit

/// The work of an active `stft`: samples in, columns out. The data that the realtime thread uses.
struct Analysis {
  private let layout: FrameLayout
  private let channels: Int
  private let transform: Transform
  private var history: SampleHistory
  /// Whether a sample has arrived since the last restart: the end of an empty stream has no columns.
  private var hasHeard = false

  init(layout: FrameLayout, channels: Int, transform: Transform, history: SampleHistory) {
    self.layout = layout
    self.channels = channels
    self.transform = transform
    self.history = history
  }

  /// Frees the FFT plan, which is not the node's memory. Thread: control.
  func free() { transform.free() }

  @_noLocks @_noAllocation
  mutating func restart() {
    history.restart(zeros: layout.before)
    hasHeard = false
  }

  @_noLocks @_noAllocation
  mutating func process(_ input: InputBlock, _ output: OutputBlock) {
    take(input, input.count, output)
    if input.count > 0 { hasHeard = true }
    guard input.isEnd else { return }
    // Zeros after the last sample complete the columns that are centred on samples up to it.
    if hasHeard { take(nil, layout.after, output) }
    restart()
  }

  /// Takes `count` samples of each channel (without an input: zeros), and yields every column that they complete.
  @_noLocks @_noAllocation
  private mutating func take(_ input: InputBlock?, _ count: Int, _ output: OutputBlock) {
    var taken = 0
    while taken < count {
      let part = min(history.room(), count - taken)
      for channel in 0..<channels { history.take(input.map { $0.samples(channel) + taken }, part, channel: channel) }
      history.took(part)
      taken += part
      while history.holdsColumn(layout.length) { yieldColumn(output) }
    }
  }

  @_noLocks @_noAllocation
  private mutating func yieldColumn(_ output: OutputBlock) {
    let token = output.count
    for channel in 0..<channels { transform.run(history.column(channel), into: output.values(token, channel)) }
    output.count = token + 1
    history.advance(hop: layout.hop)
  }
}
