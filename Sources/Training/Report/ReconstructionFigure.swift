import DetectorHost
import Figures
import GraphEngine
import GraphText

/// Original and reconstruction, for detectors with an autoencoder: a typical normal token, and the most anomalous one.
struct ReconstructionFigure {
  let evaluation: Evaluation
  let graph: Graph
  let gnuplot: Gnuplot
  let callbacks: WorkCallbacks

  private struct Picture {
    var title: String
    /// [rows x columns]
    var original: [Float]
    var made: [Float]
    var rows: Int
    var columns: Int
  }

  func draw() throws {
    var pictures: [Picture] = []
    for (token, what) in [(typical, "normal"), (strangest, "most anomalous")] {
      guard let token, let picture = try picture(token, what) else { continue }
      pictures.append(picture)
    }
    guard let first = pictures.first else { return }
    // Few analysis frames are drawn as lines, not as a picture.
    if first.rows < 4 { try drawLines(pictures) } else { try drawImages(pictures) }
  }

  // MARK: Tokens

  /// The normal token with the median score.
  private var typical: JudgedToken? {
    let normal = evaluation.tokens.filter { $0.isAnomalous == false && !$0.isSilent }.sorted { $0.score < $1.score }
    return normal.isEmpty ? nil : normal[normal.count / 2]
  }

  private var strangest: JudgedToken? {
    let anomalous = evaluation.tokens.filter { $0.isAnomalous == true }
    return (anomalous.isEmpty ? evaluation.tokens : anomalous).max { $0.score < $1.score }
  }

  /// Nil where the class makes no reconstruction.
  private func picture(_ judged: JudgedToken, _ what: String) throws -> Picture? {
    let recording = evaluation.recordings[judged.recording]
    let rate = try AudioFileRate.of(recording)
    var named = graph.tapped(after: evaluation.node, scores: TapStore(), events: TapStore())
    if let machine = recording.machine, graph.channels == 1 { named.nameMachines([machine]) }
    let engine = try Engine(graph: named)
    let input = try engine.input(of: evaluation.node, rate: rate)
    try engine.prepare(rate: rate)
    defer { engine.stop() }
    // Ask whether the class can before running a recording again.
    let blank = [Float](repeating: 0, count: input.rows * input.columns)
    guard engine.reconstruct(node: evaluation.node, channel: 0, token: blank) != nil else { return nil }
    let names = MachineNames(graph: input.machines)
    let store = TapStore()
    let tapped = graph.tapped(inPlaceOf: evaluation.node, store)
    try TapRun(callbacks: callbacks, share: 0.97...1, what: "reconstructing").run(tapped, [recording]) { _, _ in }
    let token = store.take().first {
      $0.begin == judged.begin && $0.end == judged.end && names.name(recording, channel: $0.channel) == judged.machine
    }
    guard let token,
      let made = engine.reconstruct(node: evaluation.node, channel: token.channel, token: token.values)
    else { return nil }
    return Picture(
      title: "\(what), score \(FigureText.significant(judged.score))", original: token.values, made: made,
      rows: input.rows,
      columns: input.columns)
  }

  // MARK: Drawing

  /// All pictures in a row with a gap between, on one colour scale.
  private func drawImages(_ pictures: [Picture]) throws {
    let (rows, columns) = (pictures[0].rows, pictures[0].columns)
    let gap = max(1, rows / 12)
    let images = pictures.flatMap { [($0.original, "original"), ($0.made, "reconstruction")] }
    let matrix = (0..<columns).map { band in
      images.enumerated().flatMap { index, image in
        (index == 0 ? [] : [Double](repeating: .nan, count: gap))
          + (0..<rows).map { Double(image.0[$0 * columns + band]) }
      }
    }
    let labels = images.enumerated().map { index, image in
      "set label \(index + 1) \(Gnuplot.quoted(image.1)) at \(index * (rows + gap)), graph 1.04"
    }
    let titles = pictures.enumerated().map { index, picture in
      "set label \(images.count + index + 1) \(Gnuplot.quoted(picture.title)) at \(2 * index * (rows + gap)), graph 1.11"
    }
    let values = pictures.flatMap(\.original)
    try gnuplot.draw(
      "reconstruction", width: 960, height: 380,
      """
      \(Gnuplot.data("tokens", matrix))
      \((labels + titles).joined(separator: "\n"))
      set title 'Original against reconstruction' offset 0,2.2; set tmargin 5
      set xlabel 'analysis frames of each token'; set ylabel 'band'; unset xtics; unset grid
      set cbrange [\(values.min() ?? 0):\(max(values.max() ?? 1, (values.min() ?? 0).nextUp))]
      set xrange [-0.5:\(Double(images.count * (rows + gap) - gap) - 0.5)]; set yrange [-0.5:\(Double(columns) - 0.5)]
      plot $tokens matrix with image notitle
      """)
  }

  private func drawLines(_ pictures: [Picture]) throws {
    let colours = [Gnuplot.normal, Gnuplot.anomalous]
    let blocks = pictures.enumerated().map { index, picture in
      Gnuplot.data(
        "token\(index)",
        picture.original.indices.map { [Double($0), Double(picture.original[$0]), Double(picture.made[$0])] })
    }
    let plots = pictures.enumerated().flatMap { index, picture in
      [(2, "original", 1), (3, "reconstruction", 2)].map { column, what, dash in
        "$token\(index) using 1:\(column) with lines lw 2 dt \(dash) lc rgb '\(colours[index])' "
          + "title \(Gnuplot.quoted("\(picture.title): \(what)"))"
      }
    }
    try gnuplot.draw(
      "reconstruction",
      """
      \(blocks.joined(separator: "\n"))
      set title 'Original against reconstruction'
      set xlabel 'value of the token'; set ylabel 'level'; set key outside top center vertical
      plot \(plots.joined(separator: ", \\\n"))
      """)
  }
}
