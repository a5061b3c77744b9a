import Synchronization
import SystemCalls
import Tapes

/// Watches the levels of recordings while they are made, and warns once about each that clips.
///
/// Thread: one of its own until `end`.
final class LevelWatch: Sendable {
  private struct State {
    var files: [GrowingWav]
    var told: Set<Int> = []
    var hasEnded = false
  }

  private let names: [String]
  private let console: Console
  private let state: Mutex<State>

  init(_ machines: [RecordingGraph.Machine], _ console: Console) {
    names = machines.map(\.name)
    self.console = console
    state = Mutex(State(files: machines.map { GrowingWav($0.path) }))
  }

  func begin() {
    BackgroundThread.start("auscult-levels") { [self] in
      while !state.withLock({ $0.hasEnded }) {
        Polling.pause(.seconds(1))
        look()
      }
    }
  }

  private func look() {
    let (levels, clipping) = state.withLock { state -> ([Double?], [Int]) in
      if state.hasEnded { return ([], []) }
      for index in state.files.indices { state.files[index].look() }
      let clipping = state.files.indices.filter { state.files[$0].clipped > 0 && state.told.insert($0).inserted }
      return (state.files.map(\.peakLevel), clipping)
    }
    for index in clipping { console.warning("\(names[index]): the input clips; turn it down") }
    guard !levels.isEmpty else { return }
    console.progress(
      zip(names, levels).map { "\($0) peak \($1.map { Quantity.fixed($0, 1) } ?? "-inf") dB" }.joined(separator: "  "))
  }

  /// The levels of the whole recordings.
  func end() -> [GrowingWav] {
    state.withLock { state in
      state.hasEnded = true
      for index in state.files.indices {
        state.files[index].look()
        state.files[index].end()
      }
      return state.files
    }
  }
}
