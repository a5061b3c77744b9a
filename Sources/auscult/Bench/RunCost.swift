import FileDriver
import GraphEngine
import GraphText

/// Measures what `auscult run` takes for the same graph over a file: the processor time of all threads for each cycle,
/// beyond that of the start.
///
/// A long run less a short one, of each the shortest of several rounds, because interruptions only add time.
struct RunCost {
  private static let rounds = 3
  private static let shortCycles = 64
  let graph: Graph
  let sound: BenchSound
  let period: Int
  /// The folder for the sound's files.
  let folder: String

  /// Nanoseconds of processor time for each cycle.
  struct Figures {
    /// Everything that the run takes.
    var total = 0.0
    /// Reading the file.
    var reading = 0.0
  }

  /// - Parameter channels: the channels that the graph listens to; 0: it makes its own sound.
  func measure(channels: Int) throws -> Figures {
    let short = min(Self.shortCycles * period, sound.frames / 2)
    guard short > 0 else { return Figures() }
    var sounds: [ScratchSound] = []
    if channels > 0 {
      for (name, frames) in [("long", sound.frames), ("short", short)] {
        sounds.append(try ScratchSound(sound, channels: channels, frames: frames, path: "\(folder)/\(name).wav"))
      }
    }
    let frames = channels > 0 ? [sounds[0].frames, sounds[1].frames] : [sound.frames, short]
    var least = [Double](repeating: .infinity, count: 2)
    var reading = Double.infinity
    for _ in 0..<Self.rounds {
      for index in 0..<2 {
        least[index] = min(least[index], try seconds(channels > 0 ? sounds[index].path : nil, frames[index]))
      }
      if channels > 0 {
        reading = min(
          reading,
          try wording { () throws(AudioFileError) in
            try ReadingCost.seconds(path: sounds[0].path, channels: channels, period: period)
          })
      }
    }
    let cycles = Double(frames[0] - frames[1]) / Double(period)
    return Figures(
      total: max(0, least[0] - least[1]) * 1e9 / cycles,
      reading: channels > 0 ? reading * 1e9 * Double(period) / Double(frames[0]) : 0)
  }

  /// Processor time of one run, in seconds. It runs as `auscult run` does, with worker threads.
  private func seconds(_ path: String?, _ frames: Int) throws -> Double {
    var options = EngineOptions()
    options.isRehearsal = true
    options.log = { _, _, _ in }
    let engine = try Engine(graph: graph, options: options)
    var run = FileRunOptions()
    run.periods = PeriodPlan([period])!
    let files = FileRun(engine, options: run)
    let began = StampCost.processorSeconds()
    do {
      if let path {
        _ = try files.run(files: [path])
      } else {
        _ = try files.run(seconds: Double(frames) / Double(sound.rate), rate: sound.rate)
      }
    } catch let error as FileRunError {
      throw Failure(error.description)
    }
    return StampCost.processorSeconds() - began
  }

  private func wording<Result>(_ body: () throws(AudioFileError) -> Result) throws(Failure) -> Result {
    do { return try body() } catch { throw Failure(error.description) }
  }
}
