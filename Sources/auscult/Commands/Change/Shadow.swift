import ArgumentParser
import LiveControl
import RunControl

/// `auscult shadow`
struct Shadow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shadow",
    abstract: "Runs a candidate next to a node, on the same tokens, and compares them.",
    discussion: """
      The candidate never delays the node that judges, and writes no records. `auscult promote` lets it take over, \
      `auscult discard` ends it. Without a node, or with `status`, the command prints how the two compare.

      Examples:
        auscult shadow judge type=detector.level
        auscult shadow status
        auscult promote

      Exit status: 0 done; 1 nothing was changed; 64 usage.
      """)

  @Argument(help: "The node's name, or status, promote, discard.", completion: .runningNodes) var node: String?

  @Argument(
    help: ArgumentHelp("type=CLASS, library=FILE, or a parameter.", valueName: "key=value"),
    completion: .runningValues)
  var values: [String] = []

  @OptionGroup var options: ChangeOptions

  private static let words = ["status", "promote", "discard"]

  func validate() throws {
    try checkValues(values)
    if let node, values.isEmpty, !Self.words.contains(node) {
      throw ValidationError("Give the candidate's differences: auscult shadow \(node) key=value.")
    }
  }

  func run() throws {
    switch (node ?? "status", values.isEmpty) {
    case ("promote", true): try options.run(ChangeRequest(.promote))
    case ("discard", true): try options.run(ChangeRequest(.discard))
    case ("status", true): try showStatus()
    case (let node, _):
      var request = ChangeRequest(.shadow)
      (request.node, request.values) = (node, values)
      try options.run(request)
    }
  }

  private func showStatus() throws {
    let name = try RunLookup.name(options.graph, for: "shadow status")
    let status = try RunLookup.client(name) { try $0.call("status") }
    guard let swap = status["swap"], swap["stage"] == "shadowing" else {
      throw Failure("'\(name)' has no candidate", advice: "begin with `auscult shadow NODE key=value`")
    }
    if options.json { return Output.line(swap) }
    Output.line(swap["shadow"].map { ShadowText($0).text } ?? SwapText(swap).status)
  }
}
