import ArgumentParser
import LiveControl

/// `auscult rollback`
struct Rollback: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Returns a running graph to what it was before the last change.",
    discussion: """
      While the old nodes still stand by (five seconds of sound) they take over again at once; later they are made \
      anew, as by any other change. Again, it returns to what it came from.

      Examples:
        auscult rollback
        auscult rollback --dry-run

      Exit status: 0 done; 1 nothing was changed; 64 usage.
      """)

  @OptionGroup var options: ChangeOptions

  func run() throws { try options.run(ChangeRequest(.rollback)) }
}
