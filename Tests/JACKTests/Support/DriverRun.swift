import Foundation
import GraphEngine
import JACKDriver

/// A running driver, for a test's step.
struct RunningDriver {
  let driver: JACKDriver
  let engine: Engine
  let events: [JACKEvent]
  let log: LogLines
}

/// Runs a graph as the client `watch` until `step` answers true. `step` is called on the control thread, about ten
/// times a second, first when the client is active.
///
/// - Returns: the driver's report.
@discardableResult
func runDriver(
  _ text: String, server: String, reconnects: Bool = false, origin: JACKDriver.Options.Origin = .firstCycle,
  folder: URL? = nil, _ step: (RunningDriver) throws -> Bool
) throws -> [JACKEvent] {
  let log = LogLines()
  let engine = try makeEngine(text, folder: folder, log: log)
  let driver = try JACKDriver(.init(name: "watch", server: server, origin: origin, reconnects: reconnects))
  try engine.prepare(rate: driver.rate)
  try driver.attach(engine)
  var events: [JACKEvent] = []
  var failure: (any Error)?
  try driver.run {
    do {
      if try step(RunningDriver(driver: driver, engine: engine, events: events, log: log)) { driver.control.stop() }
    } catch {
      failure = error
      driver.control.stop()
    }
  } report: {
    events.append($0)
  }
  if let failure { throw failure }
  if folder != nil { engine.finishStream() }
  return events
}

/// A chain for other JACK programs: passes its input on.
func passThrough(channels: Int = 1, input: String = "", output: String = "") -> String {
  """
  graph: pass
  nodes:
    mic:  { type: source, channels: \(channels)\(input.isEmpty ? "" : ", connect: \(input)") }
    same: { type: gain }
    play: { type: sink.audio\(output.isEmpty ? "" : ", connect: \(output)") }
  links:
    - mic -> same -> play
  """
}
