import CJACK
import CRealtime
import Glibc
import Synchronization

/// Measures the levels of other clients' ports, as a client of its own.
///
/// Thread: control, the same thread for all calls.
public final class PortMeter {
  /// A port of another client.
  public struct Port: Sendable, Equatable {
    /// Full name.
    public var name: String
    public var aliases: [String]
    /// The port gives samples; false: it takes them.
    public var isOutput: Bool
    /// Full names of the ports that it is connected to, without the meter's own.
    public var peers: [String]
    /// Nil: the port is not metered.
    public var level: Level?
  }

  /// The level of a port since the last look. Full scale is 1.
  public struct Level: Sendable, Equatable {
    /// The greatest magnitude.
    public var peak: Float
    /// Root of the mean square.
    public var rms: Float
    public var frames: Int
    /// A sample was not a finite number.
    public var isBroken: Bool
  }

  /// Most ports that can be metered at the same time.
  public static let capacity = MeterState.capacity

  private let client: JACKClient
  private let state: UnsafeMutablePointer<MeterState>
  /// Full names of the metered ports; nil: the place is free.
  private var heard: [String?] = Array(repeating: nil, count: PortMeter.capacity)

  /// Opens a client named `auscult-ports`, with the process number, on a running server.
  public init(server: String? = nil) throws(JACKError) {
    client = try JACKClient(name: "auscult-ports-\(getpid())", server: server)
    state = .allocate(capacity: 1)
    state.initialize(to: MeterState())
    jack_set_process_callback(client.handle, meterCallback, state)
    do throws(JACKError) {
      try client.activate()
    } catch {
      close()
      throw error
    }
  }

  deinit {
    close()
    if client.isLeftBehind { return }
    state.deinitialize(count: 1)
    state.deallocate()
  }

  public func close() { client.close() }

  public var rate: Int { client.rate }
  public var period: Int { client.period }
  /// Cycles that the server has run since the meter began.
  public var cycles: Int { state.pointee.cycleCount }

  /// All ports, those that give samples first, with the levels since the last look. New ports that give samples are metered
  /// from now on, if there is room.
  public func look() throws(JACKError) -> [Port] {
    let outputs = client.ports(JackPortIsOutput)
    let levels = takeLevels()
    try listen(to: outputs.map(\.name))
    return list(outputs, isOutput: true, levels) + list(client.ports(JackPortIsInput), isOutput: false, [:])
  }

  /// The ports of a list that a `connect` text of a node means.
  public static func ports(_ list: [Port], matching text: String, node: String) throws(JACKError) -> [Port] {
    let names = try PortPattern(text, node: node).matches(in: list.map { PortName($0.name, aliases: $0.aliases) })
    return names.compactMap { name in list.first { $0.name == name } }
  }

  private func list(_ ports: [PortName], isOutput: Bool, _ levels: [String: Level]) -> [Port] {
    ports.map { port in
      Port(
        name: port.name, aliases: port.aliases, isOutput: isOutput,
        peers: client.peers(of: port.name).filter { !$0.hasPrefix("\(client.name):") }, level: levels[port.name])
    }
  }

  private func takeLevels() -> [String: Level] {
    var levels: [String: Level] = [:]
    for (index, name) in heard.enumerated() {
      guard let name, let level = state.pointee.take(index) else { continue }
      levels[name] = level
    }
    return levels
  }

  private func listen(to names: [String]) throws(JACKError) {
    for (index, name) in heard.enumerated() {
      if let name, !names.contains(name) { heard[index] = nil }
    }
    for name in names where !heard.contains(name) {
      guard let index = heard.firstIndex(of: nil) else { return }
      let port = "in_\(index + 1)"
      if state.pointee.port(index) == nil { state.pointee.set(try client.register(port, .input), at: index) }
      let connection = Connection(source: name, destination: "\(client.name):\(port)")
      // Discards the levels of the previous port in this place.
      for peer in client.peers(of: connection.destination) where peer != name {
        client.disconnect(Connection(source: peer, destination: connection.destination))
      }
      guard client.connect(connection) else { continue }
      heard[index] = name
      _ = state.pointee.take(index)
    }
  }
}

/// The sums of the process callback, a place for each port.
struct MeterState: ~Copyable {
  static let capacity = 128

  private struct Place: ~Copyable {
    let port = Atomic<OpaquePointer?>(nil)
    /// Bit pattern of the greatest magnitude since the last look.
    let peak = Atomic<UInt32>(0)
    let isBroken = Atomic<Bool>(false)
    /// Bit pattern of the sum of all squares, and their number. They are never reset, so they are consistent at any moment.
    let squares = Atomic<UInt64>(0)
    let frames = Atomic<Int>(0)
    /// The values at the last look. Thread: control.
    var squaresBefore = 0.0
    var framesBefore = 0
  }

  /// Greater magnitudes are limited to this value, because later samples would vanish in the sum.
  private static var mostMagnitude: Float {
    @_noLocks @_noAllocation get { 1e6 }
  }

  private let places: UnsafeMutablePointer<Place>
  private let cycles = Atomic<Int>(0)

  var cycleCount: Int { cycles.load(ordering: .relaxed) }

  init() {
    places = .allocate(capacity: Self.capacity)
    for index in 0..<Self.capacity { (places + index).initialize(to: Place()) }
  }

  deinit {
    places.deinitialize(count: Self.capacity)
    places.deallocate()
  }

  func port(_ index: Int) -> OpaquePointer? { places[index].port.load(ordering: .relaxed) }

  func set(_ port: OpaquePointer, at index: Int) { places[index].port.store(port, ordering: .releasing) }

  /// The level since the last look; nil: there was no sample.
  func take(_ index: Int) -> PortMeter.Level? {
    let all = places[index].frames.load(ordering: .acquiring)
    let sum = Double(bitPattern: places[index].squares.load(ordering: .relaxed))
    let peak = Float(bitPattern: places[index].peak.exchange(0, ordering: .relaxed))
    let isBroken = places[index].isBroken.exchange(false, ordering: .relaxed)
    let (frames, squares) = (all - places[index].framesBefore, sum - places[index].squaresBefore)
    places[index].framesBefore = all
    places[index].squaresBefore = sum
    guard frames > 0 else { return nil }
    return PortMeter.Level(
      peak: peak, rms: Float(max(0, squares / Double(frames)).squareRoot()), frames: frames, isBroken: isBroken)
  }

  /// Adds a cycle. Thread: realtime.
  @_noLocks @_noAllocation
  func add(_ frames: Int) {
    cycles.add(1, ordering: .relaxed)
    for index in 0..<Self.capacity {
      guard let port = places[index].port.load(ordering: .acquiring),
        let buffer = jack_port_get_buffer(port, UInt32(frames))
      else { continue }
      add(buffer.assumingMemoryBound(to: Float.self), frames, to: index)
    }
  }

  @_noLocks @_noAllocation
  private func add(_ samples: UnsafePointer<Float>, _ frames: Int, to index: Int) {
    var peak: Float = 0
    var squares = 0.0
    var isBroken = false
    for frame in 0..<frames {
      let magnitude = abs(samples[frame])
      guard magnitude.isFinite else {
        isBroken = true
        continue
      }
      if magnitude > peak { peak = magnitude }
      let bounded = Double(min(magnitude, Self.mostMagnitude))
      squares += bounded * bounded
    }
    if isBroken { places[index].isBroken.store(true, ordering: .relaxed) }
    // The bit patterns of magnitudes have the same order as the magnitudes.
    places[index].peak.max(peak.bitPattern, ordering: .relaxed)
    let sum = Double(bitPattern: places[index].squares.load(ordering: .relaxed)) + squares
    places[index].squares.store(sum.bitPattern, ordering: .relaxed)
    places[index].frames.add(frames, ordering: .releasing)
  }
}

private let meterCallback: JackProcessCallback = { frames, argument in
  realtime_enter()
  argument!.assumingMemoryBound(to: MeterState.self).addCycle(Int(frames))
  realtime_exit()
  return 0
}

extension UnsafeMutablePointer where Pointee == MeterState {
  @_noLocks @_noAllocation
  fileprivate func addCycle(_ frames: Int) { pointee.add(frames) }
}
