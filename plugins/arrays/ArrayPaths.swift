/// The paths of the arrays of a run that writes one array for each input file.
struct ArrayPaths {
  private let folder: String
  /// Names that were given, without `.npy`.
  private var names: Set<String> = []

  /// - Parameter path: the sink's. "features.npy" makes the folder "features".
  init(of path: String) { folder = path.hasSuffix(".npy") ? String(path.dropLast(4)) : path + ".each" }

  /// "a/monday.wav" -> "features/monday.npy"; the run's next monday.wav gives "monday-2".
  mutating func next(for input: String) -> String {
    let name = input.split(separator: "/").last.map(String.init) ?? input
    let stem = name.lastIndex(of: ".").map { $0 == name.startIndex ? name : String(name[..<$0]) } ?? name
    var (free, number) = (stem, 1)
    while !names.insert(free).inserted {
      number += 1
      free = "\(stem)-\(number)"
    }
    return "\(folder)/\(free).npy"
  }
}
