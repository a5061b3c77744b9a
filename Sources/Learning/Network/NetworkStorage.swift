import NodeKit

/// A network's parameters in a model file: `layer_<n>_<parameter>`, n counting the layers that have any, from 0.
enum NetworkStorage {
  static func named<S>(_ network: Network<S>) -> [(name: String, parameter: NetworkParameter<S>)] {
    network.layers.filter { !$0.parameters.isEmpty }.enumerated().flatMap { number, layer in
      layer.parameters.map { ("layer_\(number)_\($0.name)", $0) }
    }
  }

  static func write(_ network: Network<Float>, to writer: ModelWriter, machine: Int?) throws {
    for (name, parameter) in named(network) {
      try writer.tensor(name, machine: machine, shape: parameter.shape, parameter.values.array)
    }
  }

  /// - Throws: `NodeError` where a tensor is missing, or has another shape than the network.
  static func read(_ network: Network<Float>, from model: Model.Machine) throws {
    for (name, parameter) in named(network) {
      parameter.values.array = try model.floats(name, parameter.shape).values
    }
    network.parametersChanged()
  }
}
