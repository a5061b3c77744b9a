import ArgumentParser
import Glibc
import NIOPosix
import RunControl
import SystemCalls

/// The server behind `auscult serve`: shows the runs of this user over HTTP. It only reaches them by their control
/// sockets; the program that hears links nothing of HTTP.
@main
struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "auscult serve",
    abstract: "Shows all runs of this user on a web page, as JSON, as events and as Prometheus metrics.",
    discussion: """
      It finds the running graphs by their control sockets and follows those that come and go. Reading needs no token on \
      this machine; changing a run does, and so does everything on another address.

      Examples:
        auscult serve                                   http://127.0.0.1:8080
        auscult serve --listen 127.0.0.1:9000
        auscult serve --listen 0.0.0.0:8080 --host monitor.example --token-file /etc/auscult/token
        auscult serve --history /var/lib/auscult/watch.sqlite
        curl http://127.0.0.1:8080/api/v1/machines
        curl http://127.0.0.1:8080/metrics

      There is no TLS: use a reverse proxy on the same machine. Exit status: 0 done, 1 failed, 64 usage.
      """)

  @Option(help: ArgumentHelp("Address and port; port 0 takes a free one.", valueName: "address:port"))
  var listen = "127.0.0.1:8080"

  @Option(help: ArgumentHelp("Another name under which browsers may reach the server. Repeat it.", valueName: "name"))
  var host: [String] = []

  @Option(
    help: ArgumentHelp(
      "File with the token; made if missing (default: serve.token beside the control sockets).", valueName: "file"))
  var tokenFile: String?

  @Option(
    help: ArgumentHelp(
      "Database of a sink.sqlite, to show the past of graphs that do not run.", valueName: "file"), completion: .file())
  var history: String?

  func run() throws {
    do {
      let address = try ListenAddress(listen)
      let token = try Token(file: tokenFile)
      let guarding = RequestGuard(address, hosts: host, token: token)
      try HTTPServer(address, guarding, history: history).run { port in
        say("auscult serve: http://\(address.shown):\(port)/ (the token is in \(token.path))")
      }
    } catch let problem as ServeProblem {
      say("auscult serve: error: \(problem.text)")
      throw ExitCode(problem.isUsage ? 64 : 1)
    }
  }

  static func main() {
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      exit(withError: error)
    }
  }
}

/// Why the server does not start.
struct ServeProblem: Error {
  var text: String
  var isUsage = false
}

/// Writes a line to standard error.
func say(_ text: String) { _ = writeAll(Array((text + "\n").utf8), to: STDERR_FILENO) }
