import JACKDriver
import Testing

/// The planned connections, and their reports, without JACK.
@Suite struct ConnectionPlanTests {
  @Test func portsAreNamedAfterNodeAndChannel() {
    #expect(PortPlan(.input, node: "mic", channel: 0, of: 1, connect: []).name == "mic")
    #expect(
      (0..<3).map { PortPlan(.input, node: "mic", channel: $0, of: 3, connect: []).name } == [
        "mic_1", "mic_2", "mic_3",
      ])
  }

  // MARK: Names

  @Test func anExactNameWinsOverThePatternItAlsoIs() throws {
    var jack = try Patchbay(connect: ["a.b:out"])
    #expect(jack.look(["axb:out", "a.b:out"]) == ["a.b:out"])
  }

  /// Names with characters that are special in a pattern; one of them is not a valid pattern.
  @Test(arguments: ["fan [1] (left):out", "a+b:c*d", "mic (left:in", "x{2}:y|z", "^a:b$", "[z-a]:out"])
  func anyNameIsAName(_ name: String) throws {
    var jack = try Patchbay(connect: [name])
    #expect(jack.look(["other:out", name]) == [name])
  }

  @Test func anAliasIsAName() throws {
    var jack = try Patchbay(connect: ["ceiling mic"])
    jack.ports.outputs = [PortName("system:capture_1"), PortName("system:capture_2", aliases: ["x", "ceiling mic"])]
    #expect(jack.look() == ["system:capture_2"])
    // A pattern may match one of them, too.
    var other = try Patchbay(connect: ["ceiling.*"])
    other.ports = jack.ports
    #expect(other.look() == ["system:capture_2"])
  }

  /// While `fan.1` is away, `fanx1`, which the text matches as a pattern, is another machine.
  @Test func whatWasANameOnceIsNoPatternLater() throws {
    var jack = try Patchbay(connect: ["fan.1:out"])
    #expect(jack.look(["fan.1:out", "fanx1:out"]) == ["fan.1:out"])
    #expect(jack.look(["fanx1:out"]) == [])
    #expect(jack.look(["fanx1:out", "fan.1:out"]) == ["fan.1:out"])
  }

  /// The other order: the pattern's port was there first.
  @Test func aNameThatComesLaterTakesThePlaceOfThePattern() throws {
    var jack = try Patchbay(connect: ["fan.1:out"])
    #expect(jack.look(["fanx1:out"]) == ["fanx1:out"])
    #expect(jack.look(["fanx1:out", "fan.1:out"]) == ["fan.1:out"])
  }

  @Test func aPatternMatchesTheWholeName() throws {
    var jack = try Patchbay(connect: ["system:capture_1"])
    #expect(jack.look(["system:capture_10", "my system:capture_1"]) == [])
    #expect(jack.look(["system:capture_10", "system:capture_1"]) == ["system:capture_1"])
  }

  // MARK: Channels

  @Test func withATextForEachChannelEveryMatchIsConnected() throws {
    var jack = try Patchbay(channels: 2, connect: ["a:.*", "b:.*"])
    jack.ports.inputs = [PortName("a:in")]
    #expect(jack.look(["a:1", "b:1", "a:2"]) == ["a:1 1", "a:2 1", "b:1 2"])
  }

  @Test func withoutOneForEachTheMatchesAreSharedOutInOrder() throws {
    var jack = try Patchbay(channels: 3, connect: ["b:.*", "a:.*"])
    #expect(jack.look(["a:1", "a:2", "b:1", "a:3"]) == ["a:1 2", "a:2 3", "b:1 1"])
  }

  @Test func aPortThatAppearsLaterTakesTheNextFreeChannel() throws {
    var jack = try Patchbay(channels: 2, connect: ["x:.*"])
    #expect(jack.plan.waiting(jack.ports).map(\.port) == ["us:mic_1", "us:mic_2"])
    #expect(jack.look(["x:9"]) == ["x:9 1"])
    #expect(jack.plan.waiting(jack.ports).map(\.port) == ["us:mic_2"])
    #expect(jack.look(["x:1", "x:9"]) == ["x:1 2", "x:9 1"])
  }

  /// Two machines restart; the second one returns first, and stays the second one.
  @Test func whoComesBackGetsItsOwnChannel() throws {
    var jack = try Patchbay(channels: 2, connect: ["fan-.*"])
    #expect(jack.look(["fan-a:out", "fan-b:out"]) == ["fan-a:out 1", "fan-b:out 2"])
    #expect(jack.look([]) == [])
    #expect(jack.look(["fan-b:out"]) == ["fan-b:out 2"])
    #expect(jack.look(["fan-b:out", "fan-a:out"]) == ["fan-a:out 1", "fan-b:out 2"])
  }

  @Test func aChannelWhosePortIsAwayIsForAnotherOneIfNoOtherIsFree() throws {
    var jack = try Patchbay(channels: 2, connect: ["x:.*"])
    #expect(jack.look(["x:1"]) == ["x:1 1"])
    #expect(jack.look(["x:2"]) == ["x:2 2"])
    #expect(jack.look(["x:2", "x:3"]) == ["x:2 2", "x:3 1"])
  }

  // MARK: What is lost comes again

  @Test func aPortThatComesBackIsConnectedAtOnce() throws {
    var jack = try Patchbay(connect: ["x:1"])
    jack.look(["x:1"])
    jack.look([])
    #expect(jack.told == ["connected x:1", "lost x:1 (gone)"])
    #expect(jack.look(["x:1"]) == ["x:1"] && jack.told.last == "regained x:1")
  }

  /// JACK lists a port for a moment after its client has unregistered it; then its name may belong to another port.
  @Test func aPortThatNeverSeemedToGoIsConnectedAgain() throws {
    var jack = try Patchbay(connect: ["x:1"])
    jack.look(["x:1"])
    jack.pull("x:1")
    #expect(jack.look() == [] && jack.told.last == "lost x:1")
    jack.seconds += 0.4
    #expect(jack.look() == [] && !jack.plan.isRetryDue(jack.seconds))
    jack.seconds += 0.2
    #expect(jack.plan.isRetryDue(jack.seconds))
    #expect(jack.look() == ["x:1"] && jack.told.last == "regained x:1")
    #expect(!jack.plan.isRetryDue(jack.seconds + 1000))
  }

  /// If a user disconnects a cable again and again, reconnecting becomes slower; after a minute of quiet it is
  /// immediate again.
  @Test func pausesGrowWhileACableIsPulled() throws {
    var jack = try Patchbay(connect: ["x:1"])
    jack.look(["x:1"])
    var pauses: [Double] = []
    for round in 0..<9 {
      if round == 8 { jack.seconds += 61 }
      jack.pull("x:1")
      jack.look()
      let begin = jack.seconds
      while !jack.plan.isRetryDue(jack.seconds) { jack.seconds += 0.125 }
      #expect(jack.look() == ["x:1"])
      pauses.append(jack.seconds - begin)
    }
    #expect(pauses == [0.5, 1, 2, 4, 8, 16, 30, 30, 0.5])
  }

  @Test func whatFailedIsAskedForAgain() throws {
    var jack = try Patchbay(connect: ["x:1"])
    jack.refused = ["x:1"]
    #expect(jack.look(["x:1"]) == [])
    #expect(jack.plan.waiting(jack.ports).first?.available == nil)
    jack.refused = []
    #expect(jack.look() == [] && !jack.plan.isRetryDue(jack.seconds))
    jack.seconds += 0.125
    #expect(jack.plan.isRetryDue(jack.seconds) && jack.look() == ["x:1"])
  }

  /// A user's own connections are noticed, also their loss, but we do not restore them.
  @Test func otherConnectionsAreWatchedOnly() throws {
    var jack = try Patchbay(connect: [])
    jack.ports.outputs = [PortName("x:1")]
    jack.connected = ["x:1"]
    jack.look()
    #expect(jack.plan.states(since: jack.now)[0].peers.map(\.port) == ["x:1"])
    jack.pull("x:1")
    jack.seconds += 100
    #expect(jack.look() == [] && jack.told == ["connected x:1", "lost x:1"])
    #expect(!jack.plan.isRetryDue(.infinity))
  }

  @Test func aServerThatIsGoneLosesAll() throws {
    var jack = try Patchbay(channels: 2, connect: ["x:.*"])
    jack.look(["x:1", "x:2"])
    let changes = jack.plan.loseAll(at: jack.now)
    #expect(changes.map(\.kind) == [.lost(isGone: true), .lost(isGone: true)])
    jack.connected = []
    // The channels stay as they were, in whatever order the ports come.
    #expect(jack.look(["x:2", "x:1"]) == ["x:1 1", "x:2 2"])
  }

  // MARK: Names that change

  /// JACK keeps the cable of a renamed port: another port that matches is not connected to the channel in addition.
  @Test func aPortWithANewNameKeepsItsChannel() throws {
    var jack = try Patchbay(channels: 2, connect: ["x:.*"])
    #expect(jack.look(["x:1", "x:2"]) == ["x:1 1", "x:2 2"])
    jack.rename("x:1", "y:1")
    #expect(jack.look(["y:1", "x:2", "x:3"]) == ["x:2 2", "y:1 1"])
    jack.rename("y:1", "x:1")
    #expect(jack.look(["x:1", "x:2", "x:3"]) == ["x:1 1", "x:2 2"])
    #expect(jack.look(["x:2", "x:3"]) == ["x:2 2", "x:3 1"])
  }

  @Test func aPortWithANewNameGivesWayToTheOneThatIsAskedFor() throws {
    var jack = try Patchbay(connect: ["x:1"])
    jack.look(["x:1"])
    jack.rename("x:1", "x:old")
    #expect(jack.look(["x:old"]) == ["x:old"])
    #expect(jack.look(["x:old", "x:1"]) == ["x:1"])
  }

  @Test func severalPortsAtOneInputAreToldOfOnce() throws {
    var jack = try Patchbay(connect: ["x:.*"])
    jack.look(["x:1"])
    #expect(jack.mixed == [])
    jack.look(["x:1", "x:2"])
    jack.look()
    #expect(jack.mixed == ["us:mic x:1 x:2"])
    jack.look(["x:1"])
    jack.look(["x:1", "x:3"])
    #expect(jack.mixed == ["us:mic x:1 x:2", "us:mic x:1 x:3"])
  }

  @Test func statesTellSinceWhen() throws {
    var jack = try Patchbay(connect: ["x:1"])
    jack.seconds = 5
    jack.look(["x:1"])
    jack.seconds = 7
    jack.look([])
    let state = jack.plan.states(since: jack.now)[0]
    #expect(!state.isConnected && state.position == 7_000 && state.connect == ["x:1"])
    jack.seconds = 9
    jack.look(["x:1"])
    #expect(jack.plan.states(since: jack.now)[0].peers == [PortState.Peer(port: "x:1", since: 9, position: 9_000)])
  }

  // MARK: What is waited for

  @Test func theNearestNamesAndAllPortsAreTold() throws {
    var jack = try Patchbay(connect: ["system:captur_1"])
    jack.ports.outputs = [
      PortName("system:capture_1", aliases: ["alsa_pcm:hw:0:in1"]), PortName("casesim:speaker"),
    ]
    #expect(
      jack.plan.waiting(jack.ports)[0].description == """
        no port to connect to us:mic yet: waiting for 'system:captur_1'; did you mean 'system:capture_1'? \
        JACK has 'system:capture_1', 'casesim:speaker'
        """)
    jack.ports.outputs = (1...15).map { PortName("p:\($0)") }
    #expect(jack.plan.waiting(jack.ports)[0].description.hasSuffix("'p:12' and 3 more, which `auscult ports` lists"))
    jack.ports.outputs = []
    #expect(jack.plan.waiting(jack.ports)[0].description.hasSuffix("; no other client has a port for it now"))
  }

  @Test func aTextThatIsNoPatternIsTakenForANameAndToldOf() throws {
    var jack = try Patchbay(connect: ["a(b"])
    let text = jack.plan.waiting(jack.ports)[0].description
    #expect(text.hasPrefix("no port to connect to us:mic yet: waiting for 'a(b'; 'a(b' is no pattern: "))
    #expect {
      try ConnectionPlan(client: "us", plans: Patchbay.inputs(1, connect: [""]))
    } throws: {
      "\($0)" == "connect of node 'mic': '' is no port name and no pattern: it is empty"
    }
  }

  // MARK: Changes of the graph

  @Test func outputsConnectToPortsThatTakeSamples() throws {
    var plan = try ConnectionPlan(
      client: "us", plans: [PortPlan(.output, node: "play", channel: 0, of: 1, connect: ["system:.*"])])
    let ports = ConnectionPlan.Ports(
      outputs: [PortName("system:capture_1")], inputs: [PortName("system:playback_1"), PortName("system:playback_2")])
    #expect(
      plan.changes(ports, connected: [], at: Patchbay.begin).make
        == [Connection("us:play", "system:playback_1"), Connection("us:play", "system:playback_2")])
  }

  @Test func textsThatChangeBreakWhatOnlyTheOldOnesAskedFor() throws {
    var jack = try Patchbay(connect: ["a:.*"])
    jack.look(["a:1", "a:2"])
    jack.ports.outputs.append(PortName("b:1"))
    #expect(try jack.change(to: Patchbay.inputs(1, connect: ["(a:2|b:1)"])) == [Connection("a:1", "us:mic")])
    #expect(jack.look() == ["a:2", "b:1"])
    // Connections that we removed ourselves are not a loss.
    #expect(!jack.told.contains { $0.hasPrefix("lost") })
  }

  @Test func aNodeWithMoreChannelsKeepsWhatWasShared() throws {
    var jack = try Patchbay(channels: 2, connect: ["a:.*"])
    jack.look(["a:2", "a:1"])
    #expect(try jack.change(to: Patchbay.inputs(3, connect: ["a:.*"])) == [])
    #expect(jack.look(["a:1", "a:2", "a:3"]) == ["a:1 2", "a:2 1", "a:3 3"])
  }

  @Test func aPortThatGetsAnotherNameKeepsItsConnection() throws {
    var jack = try Patchbay(connect: ["a:1"])
    jack.look(["a:1", "a:2"])
    #expect(try jack.change(to: Patchbay.inputs(2, connect: ["a:1", "a:2"])) == [])
    jack.connected = ["a:1 1"]
    #expect(jack.look() == ["a:1 1", "a:2 2"])
    #expect(jack.told == ["connected a:1", "connected a:2"])
  }
}

/// An imaginary JACK server: it makes the connections that a plan asks for, and ports that disappear take their
/// connections along.
private struct Patchbay {
  static let begin = ConnectionPlan.Moment(position: 0, wall: 0, seconds: 0)

  var plan: ConnectionPlan
  var ports = ConnectionPlan.Ports(outputs: [], inputs: [])
  /// "port", or "port channel" where there are several.
  var connected: Set<String> = []
  var refused: Set<String> = []
  var seconds = 0.0
  var told: [String] = []
  /// Inputs with several connected ports, as reported.
  var mixed: [String] = []
  private var channels: Int

  init(channels: Int = 1, connect: [String]) throws {
    plan = try ConnectionPlan(client: "us", plans: Self.inputs(channels, connect: connect))
    self.channels = channels
  }

  static func inputs(_ channels: Int, connect: [String]) -> [PortPlan] {
    (0..<channels).map { PortPlan(.input, node: "mic", channel: $0, of: channels, connect: connect) }
  }

  var now: ConnectionPlan.Moment {
    ConnectionPlan.Moment(position: Int64(seconds * 1000), wall: Int64(seconds), seconds: seconds)
  }

  /// A port gets another name and keeps its cables.
  mutating func rename(_ before: String, _ after: String) {
    connected = Set(connected.map { $0 == before ? after : $0.replacing("\(before) ", with: "\(after) ") })
  }

  mutating func pull(_ cable: String) { connected.remove(cable) }

  mutating func change(to plans: [PortPlan]) throws -> [Connection] {
    let broken = try plan.change(to: plans, ports)
    for connection in broken { connected.remove(cable(connection)) }
    channels = plans.count
    return broken
  }

  @discardableResult
  mutating func look(_ names: [String]) -> [String] {
    ports.outputs = names.map { PortName($0) }
    connected = connected.filter { cable in names.contains { cable == $0 || cable.hasPrefix($0 + " ") } }
    return look()
  }

  /// One look of the driver; returns the connections after it.
  @discardableResult
  mutating func look() -> [String] {
    tell(plan.observe(ports, connected: connections, at: now))
    let changes = plan.changes(ports, connected: connections, at: now)
    for connection in changes.make {
      let isRefused = refused.contains(cable(connection))
      plan.note(connection, succeeded: !isRefused, at: now)
      if !isRefused { connected.insert(cable(connection)) }
    }
    for connection in changes.undo {
      connected.remove(cable(connection))
      plan.forget(connection)
    }
    tell(plan.observe(ports, connected: connections, at: now))
    mixed += plan.newlyMixed(connections).map { "\($0.port) \($0.peers.joined(separator: " "))" }
    return connected.sorted()
  }

  private mutating func tell(_ changes: [ConnectionPlan.Change]) {
    told += changes.map { change in
      switch change.kind {
      case .connected: "connected \(change.peer)"
      case .lost(let isGone): "lost \(change.peer)\(isGone ? " (gone)" : "")"
      case .regained: "regained \(change.peer)"
      }
    }
  }

  private func cable(_ connection: Connection) -> String {
    channels == 1 ? connection.source : "\(connection.source) \(connection.destination.split(separator: "_")[1])"
  }

  private var connections: Set<Connection> {
    Set(
      connected.map { cable in
        guard channels > 1, let space = cable.lastIndex(of: " ") else { return Connection(cable, "us:mic") }
        return Connection(String(cable[..<space]), "us:mic_\(cable[cable.index(after: space)...])")
      })
  }
}

extension Connection {
  fileprivate init(_ source: String, _ destination: String) {
    self.init(source: source, destination: destination)
  }
}
