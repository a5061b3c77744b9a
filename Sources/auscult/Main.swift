import ArgumentParser
import Glibc
import GraphEngine
import GraphText
import LiveControl
import OutputFiles
import TextEscapes

/// Parses the command line, runs the command, and turns errors into messages on stderr and an exit status: 0 done,
/// 1 failed, 64 usage.
@main
enum Main {
  static func main() {
    // First of all, so that SIGHUP does not end a run that is starting.
    if CommandLine.arguments.dropFirst().first == "run" { SignalWatcher.holdHangup() }
    StandardStreams.secure()
    // `write` reports a closed pipe as an error, which its callers handle.
    signal(SIGPIPE, SIG_IGN)
    // OpenBLAS, which detectors train with, starts threads when it is loaded, and these would receive the program's
    // signals. One thread also computes the same bits every time.
    setenv("OPENBLAS_NUM_THREADS", "1", 1)
    LibraryOutput.divert()
    do {
      var command = try Auscult.parseAsRoot(arguments)
      try command.run()
      leave(EXIT_SUCCESS)
    } catch let failure as Failure {
      Console.plain.error(failure.text, advice: failure.advice)
      leave(EXIT_FAILURE)
    } catch let error as DiagnosticsError {
      Console.plain.show(error.diagnostics)
      leave(EXIT_FAILURE)
    } catch {
      end(error)
    }
  }

  /// File names among the arguments may not be UTF-8.
  private static var arguments: [String] {
    (1..<max(1, Int(CommandLine.argc))).compactMap { index in
      CommandLine.unsafeArgv[index].map { PathText.text(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
    }
  }

  /// Ends the program. Frees nothing that a node's thread that does not return may still use.
  fileprivate static func leave(_ status: Int32) -> Never {
    if AbandonedObjects.exist {
      fflush(nil)
      _exit(status)
    }
    exit(status)
  }
}

extension Main {
  /// Like `Auscult.exit(withError:)`, but escapes arguments like other names, and does not write through the C library's
  /// streams.
  private static func end(_ error: any Error) -> Never {
    let status = Auscult.exitCode(for: error)
    var text = Auscult.fullMessage(for: error)
    // The parser knows the number alone: the rest takes time, and is made only when it is asked for.
    if status.isSuccess, text == auscultVersion { text = VersionText.text }
    if !text.isEmpty {
      if status.isSuccess { Output.data(text + "\n") } else { Console.plain.usage(text) }
    }
    leave(status.rawValue)
  }
}

/// The root command.
struct Auscult: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "auscult",
    abstract: "Listens to machines: runs graphs of nodes on JACK or over audio files.",
    discussion: """
      A graph file describes the source of the sound, the analysis, the detector and the outputs. The same file runs live \
      and over recordings, with the same results.

      Examples:
        auscult ports --meter                     which port is the microphone? clap!
        auscult check fan.yaml                    errors, formats, latency, memory
        auscult run fan.yaml                      live, as a JACK client
        auscult run fan.yaml --input monday.wav   the same over a recording
        auscult apply                             the edited file, without losing a sample
        auscult nodes mel                         ports and parameters of a node class

      Results go to standard output, messages to standard error. Exit status: 0 done, 1 failed, 64 usage.
      """,
    version: auscultVersion,
    groupedSubcommands: [
      CommandGroup(
        name: "Learn:",
        subcommands: [Train.self, Calibrate.self, Adapt.self, Evaluate.self, Compare.self, Info.self, Features.self]),
      CommandGroup(name: "Run:", subcommands: [Run.self, StatusCommand.self, Top.self, StopCommand.self]),
      CommandGroup(name: "Sound:", subcommands: [RecordCommand.self, Clips.self, Cut.self, Accept.self]),
      CommandGroup(
        name: "Change what runs:",
        subcommands: [
          Apply.self, Swap.self, SetCommand.self, Rollback.self, Shadow.self, Promote.self, Discard.self,
        ]),
      CommandGroup(name: "Look back:", subcommands: [HistoryCommand.self, TrendCommand.self]),
      CommandGroup(
        name: "Look:",
        subcommands: [
          Serve.self, Check.self, Doctor.self, Ports.self, Nodes.self, Bench.self, GraphPicture.self, Schema.self,
        ]),
      CommandGroup(name: "Write nodes:", subcommands: [NewNode.self, ConformanceCommand.self, Declare.self]),
      CommandGroup(name: "", subcommands: [ProbePlugin.self]),
    ])
}

/// The version of the command-line tool; node classes and the ABI have their own.
let auscultVersion = "0.1.0"

/// Why a command fails, and the next step.
struct Failure: Error {
  var text: String
  var advice: String?

  init(_ text: String, advice: String? = nil) {
    self.text = text
    self.advice = advice
  }
}
