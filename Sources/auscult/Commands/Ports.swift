import ArgumentParser
import Glibc
import JACKDriver
import RunControl
import SystemCalls

/// `auscult ports`
struct Ports: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ports",
    abstract: "Lists the JACK ports and the level of each.",
    discussion: """
      `connect` of a source takes any of these names, also an alias. The command listens to output ports for a moment; \
      levels are in dB of full scale. With --meter it shows levels until Ctrl-C: clap at a microphone, and see which \
      port it is.

      Examples:
        auscult ports
        auscult ports --meter
        auscult ports --json | jq -r '.ports[] | select(.direction == "output") | .name'
      """)

  @Option(help: "Name of the JACK server (default: $JACK_DEFAULT_SERVER, or JACK's own default).")
  var server: String?

  @Flag(help: "Show levels continuously: on a terminal in place, in a pipe line by line.") var meter = false

  @Flag(help: "Print JSON: one object, or with --meter one object per line for each update.") var json = false

  func run() throws {
    do throws(JACKError) {
      let ports = try PortMeter(server: server)
      defer { ports.close() }
      if meter { try show(ports) } else { try list(ports) }
    } catch {
      throw Failure(error.description, advice: error.suggestion)
    }
  }

  /// Time of listening before ports are listed, and between two updates of a meter.
  private static let moment = Duration.milliseconds(400)
  private static let interval = Duration.milliseconds(150)
  private static let pipeInterval = Duration.milliseconds(500)

  private func list(_ meter: PortMeter) throws(JACKError) {
    _ = try meter.look()
    Polling.pause(Self.moment)
    let ports = try meter.look()
    if json { return Output.line(PortList(ports, meter).json) }
    Output.line(PortList(ports, meter).table)
    let unheard = ports.count { $0.isOutput } - PortMeter.capacity
    if unheard > 0 {
      Console.plain.warning("\(unheard) ports have no level: at most \(PortMeter.capacity) are metered at a time")
    }
  }

  /// Runs until a signal ends the program, and with it the client.
  private func show(_ meter: PortMeter) throws(JACKError) {
    let isTerminal = isatty(STDOUT_FILENO) == 1 && !json
    _ = try meter.look()
    while true {
      Polling.pause(isTerminal ? Self.interval : Self.pipeInterval)
      let list = PortList(try meter.look().filter(\.isOutput), meter)
      if json {
        Output.line(list.json)
      } else if isTerminal {
        Output.screen(list.meter.split(separator: "\n", omittingEmptySubsequences: false).prefix(screenRows))
      } else {
        Output.line(list.lines)
      }
    }
  }

  private var screenRows: Int {
    var size = winsize()
    return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_row > 1 ? Int(size.ws_row) - 1 : 23
  }
}
