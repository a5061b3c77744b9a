import ArgumentParser
import GraphEngine

/// How much memory a graph may use.
struct MemoryOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The most memory that the graph may use, such as 512MB or 2 GiB (default: half of the free memory). A graph that "
        + "needs more is refused before it allocates any.", valueName: "size"))
  var memory: ByteSize?

  /// Applies to all engines of the process.
  func validate() throws { if let memory { MemoryLimit.standard = .bytes(memory.bytes) } }
}

/// A number of bytes on the command line: `2GB`, `512 MiB`, `100000`.
struct ByteSize: ExpressibleByArgument {
  private static let units: [(name: String, factor: Double)] = [
    ("KiB", 0x1p10), ("MiB", 0x1p20), ("GiB", 0x1p30), ("TiB", 0x1p40), ("kB", 1e3), ("KB", 1e3), ("MB", 1e6),
    ("GB", 1e9), ("TB", 1e12), ("K", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12), ("B", 1), ("", 1),
  ]
  var bytes: Int

  init?(argument: String) {
    guard let (number, factor) = split(argument, ByteSize.units), number * factor >= 1, number * factor < 0x1p62 else {
      return nil
    }
    bytes = Int(number * factor)
  }
}
