/// Reports the progress of a run about ten times a second.
struct ProgressMeter {
  private let body: (FileProgress) -> Void
  private let begun = ContinuousClock.now
  private var shown = ContinuousClock.now
  private var files = 0
  private var seconds = 0.0

  init(_ body: @escaping (FileProgress) -> Void) { self.body = body }

  mutating func expect(files: Int, seconds: Double) {
    self.files = files
    self.seconds = seconds
  }

  /// Seconds since the beginning.
  var elapsed: Double { (ContinuousClock.now - begun) / .seconds(1) }

  /// True once in each tenth of a second.
  var isDue: Bool {
    mutating get {
      let now = ContinuousClock.now
      guard now - shown >= .milliseconds(100) else { return false }
      shown = now
      return true
    }
  }

  func show(file: String?, _ summary: FileRunSummary) {
    body(
      FileProgress(
        file: file, filesDone: summary.files, files: files, secondsDone: summary.seconds, secondsAnnounced: seconds,
        speed: summary.seconds / max(elapsed, 1e-9)))
  }
}
