import JACKDriver
import Testing

/// Which ports are connected, decided without JACK.
@Suite struct ConnectionPlanTests {
  @Test func portsAreNamedAfterNodeAndChannel() {
    #expect(PortPlan(.input, node: "mic", channel: 0, of: 1, connect: []).name == "mic")
    #expect(
      (0..<3).map { PortPlan(.input, node: "mic", channel: $0, of: 3, connect: []).name } == [
        "mic_1", "mic_2", "mic_3",
      ])
  }

  @Test func anExactNameWinsOverThePatternItAlsoIs() throws {
    var plan = try ConnectionPlan(client: "us", plans: inputs(1, connect: ["a.b:out"]))
    #expect(plan.missing(outputs: ["axb:out", "a.b:out"], inputs: []) == [Connection("a.b:out", "us:mic")])
  }

  @Test func aPatternMatchesTheWholeName() throws {
    var plan = try ConnectionPlan(client: "us", plans: inputs(1, connect: ["system:capture_1"]))
    #expect(plan.missing(outputs: ["system:capture_10", "my system:capture_1"], inputs: []) == [])
    #expect(
      plan.missing(outputs: ["system:capture_10", "system:capture_1"], inputs: [])
        == [Connection("system:capture_1", "us:mic")])
  }

  @Test func withATextForEachChannelEveryMatchIsConnected() throws {
    var plan = try ConnectionPlan(client: "us", plans: inputs(2, connect: ["a:.*", "b:.*"]))
    #expect(
      plan.missing(outputs: ["a:1", "b:1", "a:2"], inputs: ["a:in"])
        == [Connection("a:1", "us:mic_1"), Connection("a:2", "us:mic_1"), Connection("b:1", "us:mic_2")])
  }

  @Test func withoutOneForEachTheMatchesAreSharedOutInOrder() throws {
    var plan = try ConnectionPlan(client: "us", plans: inputs(3, connect: ["b:.*", "a:.*"]))
    #expect(
      plan.missing(outputs: ["a:1", "a:2", "b:1", "a:3"], inputs: [])
        == [Connection("b:1", "us:mic_1"), Connection("a:1", "us:mic_2"), Connection("a:2", "us:mic_3")])
  }

  @Test func aPortThatAppearsLaterTakesTheNextFreeChannel() throws {
    var plan = try ConnectionPlan(client: "us", plans: inputs(2, connect: ["x:.*"]))
    #expect(plan.waiting.map(\.port) == ["us:mic_1", "us:mic_2"])
    note(plan.missing(outputs: ["x:9"], inputs: []), &plan)
    #expect(plan.waiting.map(\.port) == ["us:mic_2"])
    #expect(plan.missing(outputs: ["x:1", "x:9"], inputs: []) == [Connection("x:1", "us:mic_2")])
  }

  @Test func aPortThatComesBackIsConnectedAgain() throws {
    var plan = try ConnectionPlan(client: "us", plans: inputs(1, connect: ["x:1"]))
    note(plan.missing(outputs: ["x:1"], inputs: []), &plan)
    #expect(plan.missing(outputs: ["x:1"], inputs: []) == [])
    #expect(plan.missing(outputs: [], inputs: []) == [])
    #expect(plan.missing(outputs: ["x:1"], inputs: []) == [Connection("x:1", "us:mic")])
  }

  @Test func whatFailedIsAskedForAgain() throws {
    var plan = try ConnectionPlan(client: "us", plans: inputs(1, connect: ["x:1"]))
    #expect(plan.missing(outputs: ["x:1"], inputs: []) == [Connection("x:1", "us:mic")])
    #expect(plan.missing(outputs: ["x:1"], inputs: []) == [Connection("x:1", "us:mic")])
  }

  @Test func outputsConnectToPortsThatTakeSamples() throws {
    var plan = try ConnectionPlan(
      client: "us", plans: [PortPlan(.output, node: "play", channel: 0, of: 1, connect: ["system:.*"])])
    #expect(
      plan.missing(outputs: ["system:capture_1"], inputs: ["system:playback_1", "system:playback_2"])
        == [Connection("us:play", "system:playback_1"), Connection("us:play", "system:playback_2")])
  }

  @Test func whatIsNoPatternIsRefused() {
    #expect(throws: JACKError.self) { try ConnectionPlan(client: "us", plans: inputs(1, connect: ["a(b"])) }
    #expect {
      try ConnectionPlan(client: "us", plans: inputs(1, connect: [""]))
    } throws: {
      "\($0)" == "connect of node 'mic': '' is no port name and no pattern: it is empty"
    }
  }

  @Test func textsThatChangeBreakWhatOnlyTheOldOnesAskedFor() throws {
    var plan = try ConnectionPlan(client: "us", plans: inputs(1, connect: ["a:.*"]))
    note(plan.missing(outputs: ["a:1", "a:2"], inputs: []), &plan)
    let broken = try plan.change(to: inputs(1, connect: ["(a:2|b:1)"]), outputs: ["a:1", "a:2", "b:1"], inputs: [])
    #expect(broken == [Connection("a:1", "us:mic")])
    #expect(plan.missing(outputs: ["a:1", "a:2", "b:1"], inputs: []) == [Connection("b:1", "us:mic")])
  }

  @Test func aNodeWithMoreChannelsKeepsWhatWasShared() throws {
    var plan = try ConnectionPlan(client: "us", plans: inputs(2, connect: ["a:.*"]))
    note(plan.missing(outputs: ["a:2", "a:1"], inputs: []), &plan)
    #expect(try plan.change(to: inputs(3, connect: ["a:.*"]), outputs: ["a:1", "a:2"], inputs: []) == [])
    #expect(plan.missing(outputs: ["a:1", "a:2", "a:3"], inputs: []) == [Connection("a:3", "us:mic_3")])
  }

  @Test func aPortThatGetsAnotherNameStaysAsAPersonLeftIt() throws {
    var plan = try ConnectionPlan(client: "us", plans: inputs(1, connect: ["a:1"]))
    note(plan.missing(outputs: ["a:1"], inputs: []), &plan)
    #expect(try plan.change(to: inputs(2, connect: ["a:1", "a:2"]), outputs: ["a:1", "a:2"], inputs: []) == [])
    #expect(plan.missing(outputs: ["a:1", "a:2"], inputs: []) == [Connection("a:2", "us:mic_2")])
  }

  @Test func textsThatAreNoPatternLeaveThePlanAsItWas() throws {
    var plan = try ConnectionPlan(client: "us", plans: inputs(1, connect: ["a:1"]))
    #expect(throws: JACKError.self) { try plan.change(to: inputs(1, connect: ["("]), outputs: [], inputs: []) }
    #expect(plan.missing(outputs: ["a:1"], inputs: []) == [Connection("a:1", "us:mic")])
  }

  private func inputs(_ channels: Int, connect: [String]) -> [PortPlan] {
    (0..<channels).map { PortPlan(.input, node: "mic", channel: $0, of: channels, connect: connect) }
  }

  private func note(_ connections: [Connection], _ plan: inout ConnectionPlan) {
    for connection in connections { plan.note(connection) }
  }
}

extension Connection {
  fileprivate init(_ source: String, _ destination: String) {
    self.init(source: source, destination: destination)
  }
}
