import CKernels
import CRealtime
import NodeKit

/// The work of an active `normalize`: the data that the realtime thread uses.
struct Work {
  private enum Step {
    case copy
    case decibel(DecibelStep)
    case slice(DecibelStep, epsilon: Float)
    case frozen(FrozenStep)
    case rolling(RollingStep)
    case pcen(EnergyStep)
  }
  private let count: Int
  private let step: Step

  /// Allocates what the mode needs. Thread: control.
  ///
  /// - Throws: `NodeError` when statistics cannot be read.
  init(_ plan: Plan, _ memory: NodeMemory) throws {
    count = plan.count
    switch plan.parameters.mode {
    case .none: step = .copy
    case .decibel: step = .decibel(DecibelStep(plan))
    case .slice: step = .slice(DecibelStep(plan), epsilon: plan.parameters.epsilon)
    case .frozen: step = .frozen(try FrozenStep(plan, memory))
    case .rolling: step = .rolling(RollingStep(plan, memory))
    case .pcen: step = .pcen(EnergyStep(plan, memory))
    }
  }

  /// Forgets all earlier tokens.
  @_noLocks @_noAllocation
  func restart() {
    switch step {
    case .copy, .decibel, .slice, .frozen: break
    case .rolling(let step): step.restart()
    case .pcen(let step): step.restart()
    }
  }

  /// Normalises one token of one channel, `input` to `output` [count].
  @_noLocks @_noAllocation
  func normalize(_ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, channel: Int) {
    switch step {
    case .copy: realtime_copy(output, input, count * MemoryLayout<Float>.size)
    case .decibel(let step): step.run(input, output)
    case .slice(let step, let epsilon):
      step.run(input, output)
      mapToOwnRange(output, epsilon)
    case .frozen(let step): step.run(input, output)
    case .rolling(let step): step.run(input, output, channel)
    case .pcen(let step): step.run(input, output, channel)
    }
  }

  /// (x - min) / (max - min + epsilon); all zero where that would divide by zero.
  @_noLocks @_noAllocation
  private func mapToOwnRange(_ values: UnsafeMutablePointer<Float>, _ epsilon: Float) {
    let low = kernel_minimum(values, count)
    let range = kernel_maximum(values, count) - low + epsilon
    kernel_scale(values, low, range == 0 ? 1 : range, count)
  }
}
