import Testing

/// `auscult serve` at a free port.
struct PageServer {
  let live: LiveCommand
  /// "http://127.0.0.1:8080/"
  let url: String

  /// - Parameter address: ends with `:0`.
  init(_ auscult: Command, at address: String = "127.0.0.1:0", _ options: String...) throws {
    live = try LiveCommand(auscult, arguments: ["serve", "--listen", address] + options)
    let said = try live.wait(for: "(the token is in ")
    url = String(try #require(said.firstMatch(of: /http:\S+/)).output)
  }
}
