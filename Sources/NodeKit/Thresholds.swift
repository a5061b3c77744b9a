/// The parameter `threshold` of a detector: a number for all machines, the word `model` (the learned thresholds), or a
/// map by machine.
public struct Thresholds: Sendable {
  public static let parameter = ParameterDeclaration.number(
    "threshold", "Scores above it are anomalous; 'model': as learned", default: "model", words: ["model"],
    flags: .byMachine)

  private let all: Double?
  private let byMachine: [String: Double?]

  public init(_ value: Value?) {
    if case .map(let map) = value {
      all = nil
      byMachine = map.mapValues(\.number)
    } else {
      all = value?.number
      byMachine = [:]
    }
  }

  /// The threshold of each machine in the file; nil: use the learned one.
  public func fixed(for machines: [String]) throws -> [Double?] {
    if let unknown = byMachine.keys.sorted().first(where: { !machines.contains($0) }) {
      throw NodeError(
        "names the machine '\(unknown)'; there are \(machines.map { "'\($0)'" }.joined(separator: ", "))",
        parameter: "threshold")
    }
    return machines.map { byMachine[$0] ?? all }
  }
}
