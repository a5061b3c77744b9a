import Foundation
import LiveControl
import RunControl
import Synchronization
import TestSupport
import Testing

/// Subscriptions of a run by hand: what clients get, beside what its sink writes.
@Suite struct SubscriptionTests {
  @Test func aChangeOfTheGraphLosesAndRepeatsNothing() throws {
    let client = try Client()
    let id = try client.subscribe(["node": "judge"])
    client.poll(20)
    _ = try client.run.finish(.swap, "judge", "weight=2")
    client.poll(20)
    // The front end changes too: the tap goes on with another node's output.
    try client.run.folder.write("graph.yaml", HandLiveRun.graph(judge: HandLiveRun.judge(weight: 3), bands: 12))
    #expect(try client.run.finish(.apply).state == .done)
    client.poll(20)
    client.run.driver.finish()
    let scores = try client.items(id).filter { $0["kind"] == "score" }
    let first = try #require(scores.first?["begin"]?.integer)
    let written = try client.written().filter { $0["kind"] == "score" && $0["begin"]!.integer! >= first }
    #expect(scores.count > 100 && scores == written)
    #expect(Set(scores.map { $0["generation"]?.integer }) == [1, 2, 3])
  }

  @Test func theRecordsOfARunAreThoseOfItsSink() throws {
    let client = try Client()
    let id = try client.subscribe([:])
    client.poll(10)
    client.run.driver.gap(5000)
    client.poll(10)
    let records = try client.items(id).filter { $0["kind"] != "format" }
    let first = try #require(records.first?["begin"]?.integer)
    let written = try client.written().filter { $0["begin"]!.integer! >= first }
    #expect(records.contains { $0["kind"] == "gap" })
    #expect(records.filter { written.contains($0) } == records)
  }

  @Test func whatIsNotFetchedIsDroppedAndCounted() throws {
    let client = try Client()
    let id = try client.subscribe(["node": "louder", "machine": "fan"])
    client.poll(700)
    let answer = try client.fetch(id)
    let dropped = try #require(answer["dropped"]?.integer)
    #expect(dropped > 0 && answer["more"] == true)
    let items = (answer["items"]?.array ?? []) + (try client.items(id))
    // The description of the stream is never dropped; the latest samples are there.
    #expect(items.first?["kind"] == "format" && items.first?["stream"] == "audio")
    #expect(items.last?["end"]?.integer == client.run.engine.statistics.position)
    #expect(try client.fetch(id)["dropped"] == 0)
    // Nothing else has noticed it.
    #expect(client.run.engine.statistics.droppedTokens == 0)
    #expect(client.run.engine.statistics.nodes.count == 7)
  }

  @Test func tokensAreThinned() throws {
    let client = try Client()
    let id = try client.subscribe(["node": "mel", "most": 20])
    client.poll(100)
    let ends = try client.items(id).compactMap { $0["kind"] == "features" ? $0["end"]?.integer : nil }
    #expect(ends.count > 30)
    #expect(zip(ends, ends.dropFirst()).allSatisfy { $1 - $0 > Int64(HandLiveRun.rate) / 21 })
  }

  @Test func anUnknownStreamIsRefused() throws {
    let client = try Client()
    for (parameters, text) in [
      (["node": "mell"], "the graph has no node 'mell'; did you mean 'mel'?"),
      (["node": "mel", "port": "inn"], "node 'mel' has no output 'inn'; it has 'out'"),
      (["node": "log"], "node 'log' has no output: it is a sink"),
    ] as [(JSONValue, String)] {
      #expect(throws: ControlError.failed(text)) { try client.subscribe(parameters) }
    }
    for parameters in [["port": "out"], ["most": 0], ["nodes": "mel"], []] as [JSONValue] {
      #expect(throws: ControlError.self) { try client.subscribe(parameters) }
    }
  }

  @Test func anEndedSubscriptionLeavesTheRunAsItWas() throws {
    let client = try Client()
    let id = try client.subscribe(["node": "judge"])
    client.poll(5)
    #expect(try client.handlers["unsubscribe"]!(["subscription": id]) == ["ended": true])
    client.poll(5)
    #expect(throws: ControlError.self) { try client.fetch(id) }
    // Before the swap: during it, and until the new node has proved itself, new subscriptions wait.
    for _ in 0..<32 { _ = try client.subscribe([:]) }
    #expect(throws: ControlError.self) { try client.subscribe([:]) }
    #expect(try client.run.finish(.swap, "judge", "weight=2").state == .done)
  }
}

/// A client of the control protocol, without its socket.
private final class Client {
  let run: HandLiveRun
  let handlers: [String: ControlServer.Handler]
  private let subscriptions: Subscriptions

  init() throws {
    run = try HandLiveRun()
    subscriptions = Subscriptions(wake: {})
    handlers = subscriptions.handlers
  }

  func poll(_ rounds: Int) {
    for _ in 0..<rounds {
      subscriptions.look(run.engine)
      run.poll()
    }
  }

  /// Asks on another thread, as the control server does, while the run goes on.
  func subscribe(_ parameters: JSONValue) throws -> JSONValue {
    let answer = Mutex<Result<JSONValue, any Error>?>(nil)
    let handler = handlers["subscribe"]!
    Thread.detachNewThread {
      let result = Result { try handler(parameters) }
      answer.withLock { $0 = result }
    }
    try waitUntil {
      poll(1)
      return answer.withLock { $0 != nil }
    }
    let result = try #require(answer.withLock { $0 }).get()
    #expect(result["state"] == "open")
    return try #require(result["subscription"])
  }

  func fetch(_ id: JSONValue) throws -> JSONValue { try handlers["fetch"]!(["subscription": id]) }

  /// All items that wait.
  func items(_ id: JSONValue) throws -> [JSONValue] {
    var items: [JSONValue] = []
    var hasMore = true
    while hasMore {
      let answer = try fetch(id)
      items += answer["items"]?.array ?? []
      hasMore = answer["more"] == true
    }
    return items
  }

  /// The records of its sink.
  func written() throws -> [JSONValue] {
    try String(contentsOfFile: run.folder.path + "/log.jsonl", encoding: .utf8).split(separator: "\n")
      .map { try JSONValue(parsing: Array($0.utf8)) }
  }
}
