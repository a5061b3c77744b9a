import Glibc

/// The JACK servers on this computer, of all users, from jackd2's registry in shared memory.
package enum ServerRegistry {
  package struct Server: Hashable, Sendable {
    package var name: String
    /// The user that owns it.
    package var user: UInt32

    package init(name: String, user: UInt32) {
      self.name = name
      self.user = user
    }
  }

  /// The path in jackd2 1.9.
  package static let path = "/dev/shm/jack-shm-registry"

  /// Running servers. Empty if the registry can't be read, or belongs to another program.
  package static func servers(_ path: String = path) -> [Server] {
    entries(path).filter(\.isAlive).map(\.server)
  }

  /// Killed servers. Each keeps its place, because jackd only frees a place when the server ends normally, or when a server
  /// with the same name starts.
  package static func deadServers(_ path: String = path) -> [Server] {
    entries(path).filter { !$0.isAlive }.map(\.server)
  }

  private static func entries(_ path: String) -> [(server: Server, isAlive: Bool)] {
    guard let bytes = read(path), bytes.count >= Layout.header, word(bytes, 0) == Layout.magic else { return [] }
    return (0..<Layout.servers).compactMap { index in
      let place = Layout.header + index * Layout.stride
      guard place + Layout.stride <= bytes.count else { return nil }
      let process = Int32(bitPattern: word(bytes, place))
      let name = bytes[(place + 4)..<(place + Layout.stride)].prefix { $0 != 0 }
      guard process > 0, let server = server(String(decoding: name, as: UTF8.self)) else { return nil }
      return (server, kill(process, 0) == 0 || errno == EPERM)
    }
  }

  /// Whether a server of this user has the name.
  static func has(_ name: String) -> Bool {
    servers().contains { $0.name == name && $0.user == getuid() }
  }

  /// "/jack-1000:default:" is the server 'default' of user 1000. A regular expression would take a millisecond of each
  /// start.
  private static func server(_ text: String) -> Server? {
    let begin = text.hasPrefix("/jack-") ? "/jack-" : "jack-"
    guard text.hasPrefix(begin), text.hasSuffix(":") else { return nil }
    let parts = text.dropFirst(begin.count).dropLast().split(
      separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].utf8.allSatisfy({ 48...57 ~= $0 }), let user = UInt32(parts[0]) else { return nil }
    return Server(name: String(parts[1]), user: user)
  }

  /// `jack_shm_header_t`: magic, protocol, type, size, length of the header and of an entry; then the servers, each with a
  /// process number and a name of 257 bytes, padded to a multiple of four.
  private enum Layout {
    static let magic: UInt32 = 0x4a41_434b
    static let header = 24
    static let servers = 8
    static let stride = 264
  }

  private static func word(_ bytes: [UInt8], _ place: Int) -> UInt32 {
    bytes[place..<place + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  private static func read(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: Layout.header + Layout.servers * Layout.stride)
    let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
    return count > 0 ? Array(bytes.prefix(count)) : nil
  }

  /// The servers that run instead of the requested one, in words; nil: none.
  ///
  /// - Parameter name: nil: JACK's default.
  static func others(than name: String?) -> String? {
    let wanted = name ?? LibJACK.defaultServer
    let words = servers().filter { $0.name != wanted || $0.user != getuid() }.map { server in
      let owner = getpwuid(server.user).map { String(cString: $0.pointee.pw_name) } ?? "user \(server.user)"
      return server.user == getuid() ? "'\(server.name)'" : "'\(server.name)' of \(owner)"
    }
    return words.isEmpty ? nil : words.joined(separator: ", ")
  }
}
