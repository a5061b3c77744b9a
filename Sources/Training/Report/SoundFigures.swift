import FileDriver
import Foundation
import GraphEngine
import GraphText
import NodeHost

/// Figures of one recording's sound: waveform and spectrograms, made by the program's own nodes.
struct SoundFigures {
  let path: String
  let catalog: PluginCatalog
  let gnuplot: Gnuplot
  let conversation: Conversation

  private static let columns = 1000
  private var name: String { path.split(separator: "/").last.map(String.init) ?? path }

  /// Least and greatest sample of every stretch.
  func waveform() throws {
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
    guard rows.count > 1 else { return }
    try gnuplot.draw(
      "waveform", width: 900, height: 280,
      """
      \(Gnuplot.data("wave", rows))
      set title \(Gnuplot.quoted("Waveform: \(name)"))
      set xlabel 'seconds'; set ylabel 'of full scale'
      set xrange [0:\(Double(frames) / Double(file.rate))]
      plot $wave using 1:2:3 with filledcurves lc rgb '\(Gnuplot.normal)' notitle
      """)
  }

  func spectrograms() throws {
    let file = try AudioFile(path: path)
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
    graph.attach(linear, named: "tap-1", behind: graph.nodes.firstIndex { $0.name == "level" }!)
    graph.attach(mel, named: "tap-2", behind: graph.nodes.firstIndex { $0.name == "mels" }!)
    try TapRun(conversation: conversation, share: 0.95...0.97, what: "drawing").run(
      graph, [Recording(path: path, label: "")]
    ) { _, _ in }
    let seconds = Double(hop) / Double(file.rate)
    let (lines, bands) = (linear.take().map(\.values), mel.take().map(\.values))
    guard lines.count > 1, bands.count > 1 else { return }
    let top = Double(file.rate) / 2
    try draw("spectrogram-linear", "linear frequency", thinned(lines, to: 512), seconds, hertz: 0...top)
    try drawLogarithmic(lines, seconds, top)
    try drawMel(bands, seconds, top)
  }

  /// The greatest of neighbouring bins, so that narrow lines stay.
  private func thinned(_ columns: [[Float]], to rows: Int) -> [[Float]] {
    let step = max(1, (columns[0].count + rows - 1) / rows)
    return columns.map { column in
      stride(from: 0, to: column.count, by: step).map { begin in column[begin..<min(column.count, begin + step)].max()!
      }
    }
  }

  private func draw(
    _ figure: String, _ what: String, _ columns: [[Float]], _ seconds: Double, hertz: ClosedRange<Double>,
    tics: String? = nil
  ) throws {
    let greatest = Double(columns.reduce(-Float.infinity) { max($0, $1.max() ?? $0) })
    let rows = columns[0].count
    let matrix = (0..<rows).map { row in columns.map { Double($0[row]) } }
    let step = (hertz.upperBound - hertz.lowerBound) / Double(rows)
    let y = tics == nil ? "(\(hertz.lowerBound) + ($2 + 0.5) * \(step))" : "2"
    try gnuplot.draw(
      figure, width: 900, height: 380,
      """
      \(Gnuplot.data("levels", matrix))
      set title \(Gnuplot.quoted("Spectrogram, \(what): \(name)"))
      set xlabel 'seconds'; set ylabel 'Hz'; set cblabel 'dB' offset 1; unset grid
      set cbrange [\(greatest - 80):\(greatest)]
      set xrange [0:\(Double(columns.count) * seconds)]
      set yrange [\(tics == nil ? "\(hertz.lowerBound):\(hertz.upperBound)" : "-0.5:\(Double(rows) - 0.5)")]
      \(tics.map { "set ytics (\($0))" } ?? "")
      plot $levels matrix using (($1 + 0.5) * \(seconds)):\(y == "2" ? "2" : y):3 with image notitle
      """)
  }

  /// Rows evenly spaced in the logarithm, from 20 Hz up, each the level of its nearest bin.
  private func drawLogarithmic(_ columns: [[Float]], _ seconds: Double, _ top: Double) throws {
    let (rows, low) = (256, max(20, top / Double(columns[0].count - 1)))
    let bins = (0..<rows).map { row -> Int in
      let hertz = low * pow(top / low, (Double(row) + 0.5) / Double(rows))
      return min(columns[0].count - 1, Int((hertz / top * Double(columns[0].count - 1)).rounded()))
    }
    let place = { (hertz: Double) in log(hertz / low) / log(top / low) * Double(rows) - 0.5 }
    try draw(
      "spectrogram-log", "logarithmic frequency", columns.map { column in bins.map { column[$0] } }, seconds,
      hertz: low...top, tics: tics(place, low...top))
  }

  /// Slaney's mel scale, as the node `mel` has it.
  private func drawMel(_ columns: [[Float]], _ seconds: Double, _ top: Double) throws {
    let mel = { (hertz: Double) in hertz < 1000 ? 3 * hertz / 200 : 15 + log(hertz / 1000) / (log(6.4) / 27) }
    let rows = Double(columns[0].count)
    let place = { (hertz: Double) in mel(hertz) / mel(top) * (rows + 1) - 1 }
    try draw("spectrogram-mel", "mel bands", columns, seconds, hertz: 0...top, tics: tics(place, 500...top))
  }

  private func tics(_ place: (Double) -> Double, _ range: ClosedRange<Double>) -> String {
    [20.0, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000].filter { range.contains($0) }
      .map { "'\(Int($0))' \(place($0))" }.joined(separator: ", ")
  }
}
