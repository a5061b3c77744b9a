import Figures
import FileDriver
import Glibc
import GraphEngine
import GraphText
import NodeHost

/// Figures of recordings' sound side by side, on one scale: waveforms, and spectrograms from the program's own nodes.
struct SoundFigures {
  struct Example {
    var path: String
    var title: String
    var name: String
  }

  let examples: [Example]
  let catalog: PluginCatalog
  let gnuplot: Gnuplot
  let callbacks: WorkCallbacks

  private static let columns = 1000

  private func draw(_ name: String, _ panels: [String], height: Int) throws {
    guard !panels.isEmpty else { return }
    try gnuplot.draw(
      name, panels: panels, columns: panels.count, panel: (panels.count > 1 ? 620 : 900, height))
  }

  // MARK: Waveforms

  func waveform() throws {
    let waves = try examples.map { try wave($0.path) }
    let greatest = waves.flatMap { $0.rows.flatMap { $0.dropFirst().map(abs) } }.max() ?? 0
    let panels = zip(examples, waves).filter { $1.rows.count > 1 }.map { example, wave in
      """
      \(Gnuplot.data("wave", wave.rows))
      \(Gnuplot.title("Waveform: \(example.title)", example.name))
      set xlabel 'seconds'; set ylabel 'of full scale'
      set xrange [0:\(wave.seconds)]; set yrange [\(-max(greatest, 1e-6)):\(max(greatest, 1e-6))]
      plot $wave using 1:2:3 with filledcurves lc rgb '\(Gnuplot.normal)' notitle
      """
    }
    try draw("waveform", panels, height: 280)
  }

  /// Begin, least and greatest sample of every stretch.
  private func wave(_ path: String) throws -> (rows: [[Double]], seconds: Double) {
    let file = try AudioFile(path: path)
    let stretch = max(1, Int(file.announcedFrames) / Self.columns)
    var samples = [Float](repeating: 0, count: stretch * file.channels)
    var rows: [[Double]] = []
    var frames = 0
    while rows.count < 4 * Self.columns {
      let count = file.read(&samples, frames: stretch)
      guard count > 0 else { break }
      let first = stride(from: 0, to: count * file.channels, by: file.channels).map { Double(samples[$0]) }
      rows.append([Double(frames) / Double(file.rate), first.min()!, first.max()!])
      frames += count
    }
    return (rows, Double(frames) / Double(file.rate))
  }

  // MARK: Spectrograms

  /// Columns of levels in dB.
  private struct Spectrogram {
    var lines: [[Float]]
    var bands: [[Float]]
    /// Seconds per column, and half of the rate.
    var step: Double
    var top: Double
    var example: Example
  }

  func spectrograms() throws {
    let all = try examples.compactMap(spectrogram)
    let (lines, bands) = (all.flatMap(\.lines), all.flatMap(\.bands))
    let tops = [lines, bands].map { levels in Double(levels.reduce(-Float.infinity) { max($0, $1.max() ?? $0) }) }
    try draw(
      "spectrogram-linear",
      all.map { panel($0, "linear frequency", thinned($0.lines, to: 512), hertz: 0...$0.top, greatest: tops[0]) },
      height: 380)
    try draw("spectrogram-log", all.map { logarithmic($0, greatest: tops[0]) }, height: 380)
    try draw("spectrogram-mel", all.map { mel($0, greatest: tops[1]) }, height: 380)
  }

  private func spectrogram(_ example: Example) throws -> Spectrogram? {
    let file = try AudioFile(path: example.path)
    let hop = max(256, Int(file.announcedFrames) / Self.columns)
    let text = """
      graph: picture
      nodes:
        in: { type: source, channels: 1 }
        stft: { type: stft, length: 2048, hop: \(hop) }
        power: { type: power }
        level: { type: normalize, mode: decibel }
        mel: { type: mel, bands: 128 }
        mels: { type: normalize, mode: decibel }
        end: { type: sink.null }
        ends: { type: sink.null }
      links: [in -> stft -> power -> level -> end, stft -> mel -> mels -> ends]
      """
    var graph = try Graph.load(text: text, file: "picture", catalog: catalog).graph
    let (linear, mel) = (TapStore(), TapStore())
    graph.attach(linear, named: "tap-1", after: graph.nodes.firstIndex { $0.name == "level" }!)
    graph.attach(mel, named: "tap-2", after: graph.nodes.firstIndex { $0.name == "mels" }!)
    try TapRun(callbacks: callbacks, share: 0.95...0.97, what: "drawing").run(
      graph, [Recording(path: example.path, label: "")]
    ) { _, _ in }
    let (lines, bands) = (linear.take().map(\.values), mel.take().map(\.values))
    guard lines.count > 1, bands.count > 1 else { return nil }
    return Spectrogram(
      lines: lines, bands: bands, step: Double(hop) / Double(file.rate), top: Double(file.rate) / 2,
      example: example)
  }

  /// The greatest of neighbouring bins, so that narrow lines stay visible.
  private func thinned(_ columns: [[Float]], to rows: Int) -> [[Float]] {
    let step = max(1, (columns[0].count + rows - 1) / rows)
    return columns.map { column in
      stride(from: 0, to: column.count, by: step).map { begin in column[begin..<min(column.count, begin + step)].max()!
      }
    }
  }

  private func panel(
    _ spectrogram: Spectrogram, _ what: String, _ columns: [[Float]], hertz: ClosedRange<Double>, greatest: Double,
    tics: String? = nil
  ) -> String {
    let rows = columns[0].count
    let matrix = (0..<rows).map { row in columns.map { Double($0[row]) } }
    let step = (hertz.upperBound - hertz.lowerBound) / Double(rows)
    let y = tics == nil ? "(\(hertz.lowerBound) + ($2 + 0.5) * \(step))" : "2"
    return """
      \(Gnuplot.data("levels", matrix))
      \(Gnuplot.title("Spectrogram, \(what): \(spectrogram.example.title)", spectrogram.example.name))
      set xlabel 'seconds'; set ylabel 'Hz'; set cblabel 'dB' offset 1; unset grid
      set cbrange [\(greatest - 80):\(greatest)]
      set xrange [0:\(Double(columns.count) * spectrogram.step)]
      set yrange [\(tics == nil ? "\(hertz.lowerBound):\(hertz.upperBound)" : "-0.5:\(Double(rows) - 0.5)")]
      \(tics.map { "set ytics (\($0))" } ?? "")
      plot $levels matrix using (($1 + 0.5) * \(spectrogram.step)):\(y):3 with image notitle
      """
  }

  /// Rows evenly spaced in the logarithm, from 20 Hz up, each the level of its nearest bin.
  private func logarithmic(_ spectrogram: Spectrogram, greatest: Double) -> String {
    let (columns, top) = (spectrogram.lines, spectrogram.top)
    let (rows, low) = (256, max(20, top / Double(columns[0].count - 1)))
    let bins = (0..<rows).map { row -> Int in
      let hertz = low * pow(top / low, (Double(row) + 0.5) / Double(rows))
      return min(columns[0].count - 1, Int((hertz / top * Double(columns[0].count - 1)).rounded()))
    }
    let place = { (hertz: Double) in log(hertz / low) / log(top / low) * Double(rows) - 0.5 }
    return panel(
      spectrogram, "logarithmic frequency", columns.map { column in bins.map { column[$0] } }, hertz: low...top,
      greatest: greatest, tics: tics(place, low...top))
  }

  /// Slaney's mel scale, as in the node `mel`.
  private func mel(_ spectrogram: Spectrogram, greatest: Double) -> String {
    let (columns, top) = (spectrogram.bands, spectrogram.top)
    let mel = { (hertz: Double) in hertz < 1000 ? 3 * hertz / 200 : 15 + log(hertz / 1000) / (log(6.4) / 27) }
    let rows = Double(columns[0].count)
    let place = { (hertz: Double) in mel(hertz) / mel(top) * (rows + 1) - 1 }
    return panel(
      spectrogram, "mel bands", columns, hertz: 0...top, greatest: greatest, tics: tics(place, 500...top))
  }

  private func tics(_ place: (Double) -> Double, _ range: ClosedRange<Double>) -> String {
    [20.0, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000].filter { range.contains($0) }
      .map { "'\(Int($0))' \(place($0))" }.joined(separator: ", ")
  }
}
