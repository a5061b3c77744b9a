import NodeKit

/// A detector that is a program of the user, in any language: docs/ISOLATION.md describes what it reads and writes. This
/// class only declares it; the host starts the program and sends it the calls.
final class ProcessDetector: OffloadNode, RunsAsProgram {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "detector.process", version: "1.0.0", summary: "Scores by a program of yours, in any language.",
      realtime: .offload, traits: .detector,
      inputs: [PortDeclaration("in", [.features, .slice], "What the program reads")],
      outputs: [PortDeclaration("score", .score, "What the program writes")],
      parameters: [
        .text(
          "command", "Program and arguments, as a list: `[/usr/bin/python3, detector.py]`; no shell",
          flags: [.required, .list]),
        .text(
          "environment", "Names of environment variables that the program gets beside PATH, HOME and PYTHONPATH",
          flags: .list),
        .number(
          "threshold", "Scores above it are anomalous; 'program': as the program writes", default: "program",
          words: ["program"], flags: .byMachine),
      ])
  }

  required init(_ arguments: Arguments) throws {
    throw NodeError("runs in a process of its own only", parameter: "command")
  }

  override func work(_ cycle: Cycle) throws {}
}
