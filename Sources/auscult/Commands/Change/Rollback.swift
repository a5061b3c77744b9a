import ArgumentParser
import LiveControl

/// `auscult rollback`
struct Rollback: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback",
    abstract: "Undoes the last change of a running graph.",
    discussion: """
      While the old nodes still stand by (five seconds of sound), they take over again at once. Later, the command \
      creates them again, like any other change. A second `rollback` undoes the first.

      Examples:
        auscult rollback
        auscult rollback --dry-run

      Exit status: 0 done; 1 nothing was changed; 64 usage.
      """)

  @OptionGroup var options: ChangeOptions

  func run() throws { try options.run(ChangeRequest(.rollback)) }
}
