import Glibc
import NodeKit
import OutputFiles
import Records
import TextEscapes

/// The tokens of an array that belong to each input file: a table next to the array, one line for each file.
///
/// `file,array,begin,end,tokens_per_second`: the tokens [begin, end) of the array; they are equal where a file gave
/// none.
struct FileIndex {
  static let head = "file,array,begin,end,tokens_per_second"

  /// "features.npy" -> "features.files.csv"
  let path: String

  init(of array: String) {
    let name = array.lastIndex(of: "/").map { array[array.index(after: $0)...] } ?? array[...]
    let stem = name.lastIndex(of: ".").map { $0 == name.startIndex ? array[...] : array[..<$0] } ?? array[...]
    path = "\(stem).files.csv"
  }

  /// Adds a line at the end.
  ///
  /// - Parameters:
  ///   - continues: the index belongs to the same array; the line is added to it.
  ///   - replaces: an index of another array is replaced; otherwise it is set aside.
  func add(
    file: String, array: String, tokens: Range<Int>, rate: Double, continues: Bool, replaces: Bool,
    tell: @escaping (String) -> Void
  ) throws(FileProblem) {
    let output = OutputFile(path: path, kind: .table(Self.head), append: continues || !replaces)
    output.tell = tell
    try output.open()
    defer { output.close() }
    if !continues, output.size > 0 { try output.setAside("belongs to an array that no longer exists") }
    let fields = [
      CSVText.field(file), CSVText.field(array), "\(tokens.lowerBound)", "\(tokens.upperBound)", "\(rate)",
    ]
    let head = output.size == 0 ? "\(Self.head)\n" : ""
    try output.write(Array("\(head)\(fields.joined(separator: ","))\n".utf8))
  }
}
