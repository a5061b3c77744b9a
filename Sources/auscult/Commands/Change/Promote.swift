import ArgumentParser
import LiveControl

/// `auscult promote`
struct Promote: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "promote",
    abstract: "Lets the candidate of `auscult shadow` take over.",
    discussion: """
      The candidate takes over as soon as it yields valid tokens, at one frame position. If it fails within five seconds, \
      the old node returns.

      Examples:
        auscult promote
        auscult promote --graph fan-watch

      Exit status: 0 done; 1 nothing was changed; 64 usage.
      """)

  @OptionGroup var options: ChangeOptions

  func run() throws { try options.run(ChangeRequest(.promote)) }
}

/// `auscult discard`
struct Discard: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Ends the candidate of `auscult shadow`.",
    discussion: """
      The node that judges runs on unchanged. The command also gives up a change whose new nodes do not yield valid \
      tokens yet.

      Examples:
        auscult discard
        auscult discard --graph fan-watch

      Exit status: 0 done; 1 nothing was changed; 64 usage.
      """)

  @OptionGroup var options: ChangeOptions

  func run() throws { try options.run(ChangeRequest(.discard)) }
}
