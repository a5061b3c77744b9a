import FoundationEssentials
import GraphText

/// Feeds cycles by hand, for tests and for programs that embed the engine. It has no deadline.
public final class HandDriver {
  public let engine: Engine
  private var inputs: [UnsafeMutablePointer<Float>] = []
  private var outputs: [UnsafeMutablePointer<Float>] = []
  private let inputList: UnsafeMutablePointer<UnsafePointer<Float>?>
  private let outputList: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>
  private var pendingGap: Int64 = 0
  /// Receives how long each cycle of the realtime thread took; nil: cycles are not timed. What workers do meanwhile on
  /// this thread is not in it.
  public var cycleTimed: ((CycleTime) -> Void)?
  /// The samples of the graph's external outputs, by channel.
  public private(set) var played: [[Float]]

  /// Prepares the engine for a rate in frames per second.
  public init(_ engine: Engine, rate: Int) throws(DiagnosticsError) {
    self.engine = engine
    engine.hasNoDeadline = true
    try engine.prepare(rate: rate)
    inputList = .allocate(capacity: HandDriver.mostChannels)
    outputList = .allocate(capacity: HandDriver.mostChannels)
    played = []
    makeRoom()
    engine.channelsChanged = { [weak self] in self?.makeRoom() }
  }

  /// Adds memory for new channels. The memory of a removed channel stays unused.
  private func makeRoom() {
    let most = Engine.mostFramesWithoutDeadline
    precondition(max(engine.inputChannels.count, engine.outputChannels.count) <= HandDriver.mostChannels)
    while inputs.count < engine.inputChannels.count {
      inputs.append(.allocate(capacity: most))
      inputs.last!.initialize(repeating: 0, count: most)
      inputList[inputs.count - 1] = UnsafePointer(inputs.last!)
    }
    while outputs.count < engine.outputChannels.count {
      outputs.append(.allocate(capacity: most))
      outputs.last!.initialize(repeating: 0, count: most)
      outputList[outputs.count - 1] = outputs.last!
      played.append(Array(repeating: 0, count: played.first?.count ?? 0))
    }
  }

  private static let mostChannels = 4096

  deinit {
    engine.channelsChanged = {}
    for samples in inputs + outputs { samples.deallocate() }
    inputList.deallocate()
    outputList.deallocate()
  }

  /// Feeds samples [channel][frame], in the order of `Engine.inputChannels`, in cycles of `period` frames; the last one
  /// is shorter. Ignores channels that the graph does not have.
  public func feed(_ channels: [[Float]], period: Int) {
    feed(channels) { period }
  }

  /// The same with a period for each cycle, 1 to 8192 frames.
  public func feed(_ channels: [[Float]], period: () -> Int) {
    precondition(channels.count >= engine.externalInputs.count, "the graph has \(inputs.count) external inputs")
    let total = channels.first?.count ?? 0
    var done = 0
    while done < total {
      let frames = min(cycleFrames(period()), total - done)
      for (index, samples) in inputs.enumerated() where index < channels.count {
        channels[index].withUnsafeBufferPointer { from in
          samples.update(from: from.baseAddress! + done, count: frames)
        }
      }
      cycle(frames)
      done += frames
    }
  }

  /// Runs a graph that generates its own sound for a number of frames.
  public func run(frames total: Int, period: () -> Int) {
    var done = 0
    while done < total {
      let frames = min(cycleFrames(period()), total - done)
      cycle(frames)
      done += frames
    }
  }

  /// Cuts a long period, which changes no result.
  private func cycleFrames(_ period: Int) -> Int { max(1, min(period, Engine.mostFramesWithoutDeadline)) }

  private func cycle(_ frames: Int) {
    engine.awaitRoom(frames: frames)
    let began = cycleTimed == nil ? nil : CycleTime.now()
    engine.realtime.cycle(
      DriverCycle(
        frames: frames, gapBefore: pendingGap, hasNoDeadline: true, inputs: UnsafePointer(inputList),
        outputs: UnsafePointer(outputList)))
    if let began { cycleTimed?(CycleTime.now() - began) }
    pendingGap = 0
    for (index, samples) in outputs.enumerated() {
      played[index].append(contentsOf: UnsafeBufferPointer(start: samples, count: frames))
    }
  }

  /// Loses frames before the next cycle.
  public func gap(_ frames: Int) { pendingGap += Int64(frames) }

  /// Ends the stream as at the end of a file.
  public func finish() { engine.finishStream() }
}
