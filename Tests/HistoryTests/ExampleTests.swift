import Foundation
import Glibc
import JSONText
import TestSupport
import Testing

/// The examples of docs/COMMANDS.md, each against a server on this machine.
@Suite struct ExampleTests {
  /// The blocks of a language.
  private func blocks(_ language: String) throws -> [String] {
    let text = try String(contentsOfFile: BuildFolder.package + "/docs/COMMANDS.md", encoding: .utf8)
    return text.components(separatedBy: "```\(language)\n").dropFirst().map {
      String($0.components(separatedBy: "\n```")[0]) + "\n"
    }
  }

  /// A graph with another node beside the database.
  private func shop(_ node: String, _ name: String) throws -> Workshop {
    let indented = node.split(separator: "\n").map { "  \($0)\n" }.joined()
    return try Workshop(
      graph: Workshop.graph.replacing("links:\n", with: indented + "links:\n  - alarm -> \(name)\n"))
  }

  private func script(_ shop: Workshop, _ name: String, _ text: String) throws {
    try shop.write(name, text)
    chmod(shop.path(name), 0o755)
  }

  /// A server that takes one message, and writes what it got to the file `received`.
  private final class Server {
    let process = Process()
    let port: Int

    init(_ shop: Workshop, _ kind: String) throws {
      try shop.write("server.py", Self.program)
      let output = Pipe()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
      process.arguments = ["server.py", kind]
      process.currentDirectoryURL = URL(fileURLWithPath: shop.folder)
      process.standardOutput = output
      try process.run()
      let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
      port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    private static let program = """
      import socket, sys
      server = socket.create_server(("127.0.0.1", 0))
      print(server.getsockname()[1], flush=True)
      link, _ = server.accept()
      file = link.makefile("rwb")
      def answer(text):
          file.write(text.encode() + b"\\r\\n")
          file.flush()
      received = b""
      if sys.argv[1] == "http":
          length = 0
          while (line := file.readline()) not in (b"\\r\\n", b""):
              received += line
              if line.lower().startswith(b"content-length:"):
                  length = int(line.split(b":")[1])
          received += b"\\n" + file.read(length)
          answer("HTTP/1.1 204 No Content\\r\\nConnection: close\\r\\n")
      else:
          answer("220 here")
          while line := file.readline():
              word = line[:4].upper()
              if word in (b"MAIL", b"RCPT"):
                  received += line
              if word == b"DATA":
                  answer("354 go on")
                  while (text := file.readline()) != b".\\r\\n":
                      received += text
                  answer("250 taken")
              elif word == b"QUIT":
                  answer("221 bye")
                  break
              else:
                  answer("250 well")
      open("received", "wb").write(received)
      """
  }

  private func run(_ shop: Workshop) throws {
    let run = try shop.auscult("run", "watch.yaml", "--input", "fan.wav", "-q")
    #expect(run.status == 0 && run.err.isEmpty, "\(run.err)")
  }

  @Test func mailArrives() throws {
    let node =
      "tell: { type: sink.command, events: raised, command: [./tell, SERVER, watch@example.org, ops@example.org] }"
    let shop = try shop(node, "tell")
    let server = try Server(shop, "smtp")
    try shop.write(
      "watch.yaml", try shop.text("watch.yaml").replacing("SERVER", with: "\"smtp://127.0.0.1:\(server.port)\""))
    try script(shop, "tell", try #require(try blocks("sh").first { $0.contains("smtp") || $0.contains("mail-rcpt") }))
    try run(shop)
    try waitUntil { shop.contains("received") }
    server.process.waitUntilExit()
    let mail = try shop.text("received")
    #expect(mail.contains("MAIL FROM:<watch@example.org>") && mail.contains("RCPT TO:<ops@example.org>"), "\(mail)")
    #expect(mail.contains("Subject: fan-00: alarm raised\r\n") && mail.contains("threshold"), "\(mail)")
  }

  @Test func hookIsCalled() throws {
    let block = try #require(try blocks("yaml").first { $0.contains("hooks.example.org") })
    let shop = try shop(block + "  events: raised\n", "hook")
    let server = try Server(shop, "http")
    try shop.write(
      "watch.yaml",
      try shop.text("watch.yaml").replacing("http://hooks.example.org", with: "http://127.0.0.1:\(server.port)"))
    try run(shop)
    try waitUntil { shop.contains("received") }
    server.process.waitUntilExit()
    let request = try shop.text("received")
    #expect(request.hasPrefix("POST /alarms HTTP/1.1\r\n") && request.contains("Content-Type: application/json"))
    let body = try JSONValue(parsing: Array(try #require(request.split(separator: "\n").last).utf8))
    #expect(body["kind"] == "alarm" && body["state"] == "raised" && body["machine"] == "fan-00")
  }

  @Test func sirenSounds() throws {
    let shop = try shop("siren: { type: sink.command, command: [./siren, gpio] }", "siren")
    try script(shop, "siren", try #require(try blocks("sh").first { $0.contains("siren") }) + "cat \"$1\" >>all\n")
    try run(shop)
    #expect(try shop.text("gpio") == "0\n" && shop.text("all") == "1\n0\n")
  }
}
