import ArgumentParser
import Glibc
import JACKDriver
import RunControl

/// `auscult ports`
struct Ports: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists the JACK ports there are, and how loud each is.",
    discussion: """
      A source's `connect` takes any of these names, an alias too. Ports that give samples are listened to for a moment; \
      levels are in dB of full scale. With --meter they are shown until Ctrl-C: clap at a microphone, and see which \
      port it is.

      Examples:
        auscult ports
        auscult ports --meter
        auscult ports --json | jq -r '.ports[] | select(.direction == "output") | .name'
      """)

  @Option(help: "Name of the JACK server (default: $JACK_DEFAULT_SERVER, or JACK's own default).")
  var server: String?

  @Flag(help: "Go on showing levels: on a terminal in place, in a pipe line by line.") var meter = false

  @Flag(help: "Print JSON: one object, or with --meter one a line for each look.") var json = false

  func run() throws {
    do throws(JACKError) {
      let ports = try PortMeter(server: server)
      defer { ports.close() }
      if meter { try show(ports) } else { try list(ports) }
    } catch {
      throw Failure(error.description, advice: error.suggestion)
    }
  }

  /// Microseconds that ports are listened to before they are listed, and between two looks of a meter.
  private static let moment: UInt32 = 400_000
  private static let interval: UInt32 = 150_000
  private static let pipeInterval: UInt32 = 500_000

  private func list(_ meter: PortMeter) throws(JACKError) {
    _ = try meter.look()
    usleep(Self.moment)
    let ports = try meter.look()
    if json { return Output.line(PortList(ports, meter).json) }
    Output.line(PortList(ports, meter).table)
    let unheard = ports.count { $0.isOutput } - PortMeter.capacity
    if unheard > 0 {
      Console.plain.warning("\(unheard) of the ports were not listened to: \(PortMeter.capacity) is the most at a time")
    }
  }

  /// Until a signal ends the program: its client goes with it.
  private func show(_ meter: PortMeter) throws(JACKError) {
    let isTerminal = isatty(STDOUT_FILENO) == 1 && !json
    _ = try meter.look()
    while true {
      usleep(isTerminal ? Self.interval : Self.pipeInterval)
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
