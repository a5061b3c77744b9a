import NodeKit

/// Training of a network: parameters that all detectors with a network share.
public struct NetworkOptions {
  public let epochs: Int
  public let batch: Int
  public let rate: Double
  /// Epochs without improvement after which training ends; 0: none.
  public let patience: Int
  /// Share of the training sound that is for validation.
  public let validation: Double
  public let initialization: Initialization
  public let scaling: Scaling

  /// - Parameters: the defaults of a class.
  public static func parameters(
    epochs: Int, batch: Int, rate: String, patience: Int, validation: String = "10 %",
    initial: Initialization = .pytorch, scale: Scaling = .none
  ) -> [ParameterDeclaration] {
    [
      .integer("epochs", "Most passes of training over all tokens", default: "\(epochs)", range: 1...100_000),
      .integer("batch", "Tokens in one step of training", default: "\(batch)", range: 1...4096),
      .number(
        "learning_rate", "Learning rate of Adam", default: rate, range: 1e-9...10),
      .integer(
        "patience", "Epochs without improvement after which training ends; 0: never",
        default: "\(patience)", range: 0...100_000),
      .number(
        "validation",
        "Share of the recordings, or of each if they are few, that determines the best epoch, which is kept; 0: the last is kept",
        unit: .percent,
        default: validation, range: 0...90),
      .choice(
        "initial", "Initial weights: as in PyTorch or as in Keras", of: ["pytorch", "keras"],
        default: initial.rawValue),
      Scaling.parameter(default: scale),
    ]
  }

  public init(_ arguments: Arguments) {
    epochs = arguments.integer("epochs")
    batch = arguments.integer("batch")
    rate = arguments.number("learning_rate")
    patience = arguments.integer("patience")
    validation = arguments.number("validation") / 100
    initialization = Initialization(rawValue: arguments.text("initial"))!
    scaling = Scaling(arguments)
  }

  /// Parses sizes of layers: "128 32 8", with commas or without.
  ///
  /// - Throws: `NodeError` at the parameter.
  ///
  /// - Parameters:
  ///   - least: least number of sizes.
  ///   - most: greatest allowed size.
  public static func sizes(
    _ text: String, parameter: String, atLeast least: Int = 1, most: Int = 4096
  ) throws -> [Int] {
    let words = text.split { $0 == " " || $0 == "," || $0 == "\t" }
    let sizes = words.compactMap { Int($0) }
    guard sizes.count == words.count, sizes.count >= least, sizes.count <= 16,
      sizes.allSatisfy({ (1...most).contains($0) })
    else {
      throw NodeError(
        "'\(text)' is not a list of \(least) to 16 sizes from 1 to \(most), such as "
          + "'128 32 8'", parameter: parameter)
    }
    return sizes
  }
}
