/// The answer of `configure`, in Swift's types.
package struct Configuration {
  package var outputs: [FormatRecord]
  package var bursts: [Int]
  package var latency: Int64
  package var history: Int64
  /// Nil: without limit.
  package var reach: Int64?
  package var externalInputs: Int
  package var externalOutputs: Int
  package var connect: [String]
  /// Input channel of each output channel, or empty.
  package var channelMap: [UInt32]
  package var model: String?
  package var classNames: [String]
  package var memory: Int

  package init(
    outputs: [FormatRecord], bursts: [Int], latency: Int64, history: Int64, reach: Int64?, externalInputs: Int,
    externalOutputs: Int, connect: [String], channelMap: [UInt32], model: String?, classNames: [String], memory: Int
  ) {
    self.outputs = outputs
    self.bursts = bursts
    self.latency = latency
    self.history = history
    self.reach = reach
    self.externalInputs = externalInputs
    self.externalOutputs = externalOutputs
    self.connect = connect
    self.channelMap = channelMap
    self.model = model
    self.classNames = classNames
    self.memory = memory
  }
}
