import GraphEngine

/// Feeds cycles to a prepared engine, one after another, as fast as its workers can follow.
final class CycleFeeder {
  /// Pointers to the external inputs' samples; the caller sets them before `cycle`.
  let inputs: UnsafeMutablePointer<UnsafePointer<Float>?>
  /// Pointers to the external outputs' samples of the last cycle.
  let outputs: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>
  let inputCount: Int
  private let engine: Engine
  private let outputCount: Int

  /// - Parameter longest: the most frames of a cycle.
  init(_ engine: Engine, longest: Int) {
    self.engine = engine
    engine.hasNoDeadline = true
    inputCount = engine.externalInputs.count
    outputCount = engine.externalOutputs.count
    inputs = .allocate(capacity: max(1, inputCount))
    inputs.initialize(repeating: nil, count: max(1, inputCount))
    outputs = .allocate(capacity: max(1, outputCount))
    for output in 0..<outputCount {
      let samples = UnsafeMutablePointer<Float>.allocate(capacity: longest)
      samples.initialize(repeating: 0, count: longest)
      (outputs + output).initialize(to: samples)
    }
  }

  deinit {
    for output in 0..<outputCount { outputs[output]?.deallocate() }
    inputs.deallocate()
    outputs.deallocate()
  }

  func cycle(_ frames: Int) {
    engine.awaitRoom(frames: frames)
    engine.realtime.cycle(
      DriverCycle(
        frames: frames, hasNoDeadline: true, isObserved: false, inputs: UnsafePointer(inputs),
        outputs: UnsafePointer(outputs)))
  }
}
