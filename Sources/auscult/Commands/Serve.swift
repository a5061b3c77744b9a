import ArgumentParser
import Glibc
import SystemCalls

/// `auscult serve`: starts `auscult-serve`, a program of its own beside this one, so that this one links nothing of HTTP.
struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Shows all runs on a web page, as JSON and as Prometheus metrics.",
    discussion: """
      Starts the program auscult-serve, which lies beside auscult, with the same arguments; `auscult serve --help` shows \
      its options.

      Examples:
        auscult serve                             http://127.0.0.1:8080
        auscult serve --listen 127.0.0.1:9000
        curl http://127.0.0.1:8080/api/v1/machines

      Exit status: 0 done, 1 failed, 64 usage.
      """)

  @Argument(parsing: .captureForPassthrough, help: "Options of auscult-serve.") var arguments: [String] = []

  func run() throws {
    let program = Self.program
    var list: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    execv(program, &list)
    let reason = systemReason()
    for text in list { free(text) }
    throw Failure("cannot start \(program): \(reason)", advice: "install auscult-serve in the same folder as auscult")
  }

  private static var program: String {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &path, path.count - 1)
    let own = String(decoding: path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return String(own.prefix(through: own.lastIndex(of: "/") ?? own.startIndex)) + "auscult-serve"
  }
}
