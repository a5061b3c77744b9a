import Foundation
import GraphText

/// Feeds cycles by hand: the driver of tests and of whoever embeds the engine. It has no deadline.
public final class HandDriver {
  public let engine: Engine
  private var inputs: [UnsafeMutablePointer<Float>] = []
  private var outputs: [UnsafeMutablePointer<Float>] = []
  private let inputList: UnsafeMutablePointer<UnsafePointer<Float>?>
  private let outputList: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>
  private var pendingGap: Int64 = 0
  /// What the graph gave to its external outputs, by channel.
  public private(set) var played: [[Float]]

  /// Prepares the engine for a rate.
  public init(_ engine: Engine, rate: Int) throws(DiagnosticsError) {
    self.engine = engine
    try engine.prepare(rate: rate)
    let most = Engine.mostFramesWithoutDeadline
    inputs = engine.externalInputs.map { _ in .allocate(capacity: most) }
    outputs = engine.externalOutputs.map { _ in .allocate(capacity: most) }
    inputList = .allocate(capacity: max(1, inputs.count))
    outputList = .allocate(capacity: max(1, outputs.count))
    for (index, samples) in inputs.enumerated() { inputList[index] = UnsafePointer(samples) }
    for (index, samples) in outputs.enumerated() { outputList[index] = samples }
    played = Array(repeating: [], count: outputs.count)
  }

  deinit {
    for samples in inputs + outputs { samples.deallocate() }
    inputList.deallocate()
    outputList.deallocate()
  }

  /// Feeds samples [channel][frame] in cycles of `period` frames, the last one shorter. Channels beyond the graph's are
  /// left out.
  public func feed(_ channels: [[Float]], period: Int) {
    feed(channels) { period }
  }

  /// The same with a period that may change from cycle to cycle, 1 to 8192 frames.
  public func feed(_ channels: [[Float]], period: () -> Int) {
    precondition(channels.count >= inputs.count, "the graph has \(inputs.count) external inputs")
    let total = channels.first?.count ?? 0
    var done = 0
    while done < total {
      let frames = min(cycleFrames(period()), total - done)
      for (index, samples) in inputs.enumerated() {
        channels[index].withUnsafeBufferPointer { from in
          samples.update(from: from.baseAddress! + done, count: frames)
        }
      }
      cycle(frames)
      done += frames
    }
  }

  /// Runs a graph that makes its own sound for a number of frames.
  public func run(frames total: Int, period: () -> Int) {
    var done = 0
    while done < total {
      let frames = min(cycleFrames(period()), total - done)
      cycle(frames)
      done += frames
    }
  }

  /// A longer period is cut, which changes no result.
  private func cycleFrames(_ period: Int) -> Int { max(1, min(period, Engine.mostFramesWithoutDeadline)) }

  private func cycle(_ frames: Int) {
    engine.awaitRoom()
    engine.realtime.cycle(
      DriverCycle(
        frames: frames, gapBefore: pendingGap, hasNoDeadline: true, inputs: UnsafePointer(inputList),
        outputs: UnsafePointer(outputList)))
    pendingGap = 0
    for (index, samples) in outputs.enumerated() {
      played[index].append(contentsOf: UnsafeBufferPointer(start: samples, count: frames))
    }
  }

  /// Frames are lost before the next cycle.
  public func gap(_ frames: Int) { pendingGap += Int64(frames) }

  /// Ends the stream as at the end of a file.
  public func finish() { engine.finishStream() }
}
