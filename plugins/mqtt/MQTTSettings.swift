import NodeKit
import Records
import TextEscapes

/// The parameters of `sink.mqtt`, checked.
struct MQTTSettings: Sendable {
  enum Scores: String, Sendable, CaseIterable {
    case none, changes, all
  }

  var broker: BrokerAddress
  /// The first levels of every topic.
  var topic: String
  var quality: Int32
  var scores: Scores
  /// Seconds; 0: every score.
  var every: Double
  var user: String?
  var passwordFile: String?
  var authority: String?
  var certificate: String?
  var key: String?
  var queue: String
  /// The most messages that wait.
  var limit: Int
  /// Seconds after which a waiting score is dropped.
  var age: Double
  var homeAssistant: Bool

  static let parameters: [ParameterDeclaration] = [
    .text("broker", "Address: `mqtt://host:1883`, or `mqtts://host:8883` for TLS", flags: [.required, .placement]),
    .text("topic", "Begin of every topic; may have several levels", default: "auscult", flags: .placement),
    .choice("qos", "MQTT's quality of service", of: ["0", "1", "2"], default: "1", flags: .placement),
    .choice(
      "scores", "Scores to send: `none`; `changes`, those that cross the threshold; `all`",
      of: Scores.allCases.map(\.rawValue), default: "changes"),
    .number(
      "every", "With `scores: all`: sends only the worst score of each such time", unit: .second, default: "0 s",
      range: 0...86_400),
    .text("user", "Name for the broker", flags: .placement),
    .inputPath("password_file", "File with the password in its first line", flags: .placement),
    .inputPath("ca", "Certificates (PEM) of the authorities to trust; without it, the system's", flags: .placement),
    .inputPath("certificate", "Own certificate (PEM), for brokers that ask for one", flags: .placement),
    .inputPath("key", "Private key (PEM) of `certificate`", flags: .placement),
    .outputPath("queue", "Folder for messages that the broker has not acknowledged", default: "mqtt-queue"),
    .integer(
      "queue_limit", "Most messages in the queue; beyond it, the oldest scores are dropped, then the oldest alarms",
      default: "100000", range: 100...10_000_000, flags: .placement),
    .number(
      "queue_age", "Age at which a waiting score is dropped; alarms have no limit", unit: .second, default: "7 d",
      range: 1...31_536_000, flags: .placement),
    .boolean("home_assistant", "Announces every machine to Home Assistant", default: "false", flags: .placement),
  ]

  init(_ arguments: Arguments) throws {
    broker = try BrokerAddress(arguments.text("broker"))
    topic = arguments.text("topic")
    if let problem = TopicText.problem(withPrefix: topic) {
      throw NodeError("`topic` \(problem); give another one", parameter: "topic")
    }
    quality = Int32(arguments.text("qos")) ?? 1
    scores = Scores(rawValue: arguments.text("scores")) ?? .changes
    every = arguments.number("every")
    user = arguments["user"]?.text
    passwordFile = arguments["password_file"]?.text
    authority = arguments["ca"]?.text
    certificate = arguments["certificate"]?.text
    key = arguments["key"]?.text
    queue = arguments.text("queue")
    limit = arguments.integer("queue_limit")
    age = arguments.number("queue_age")
    homeAssistant = arguments.boolean("home_assistant")
    try checkTogether(arguments)
  }

  /// Parameters that are of no use alone.
  private func checkTogether(_ arguments: Arguments) throws {
    if passwordFile != nil, user == nil {
      throw NodeError("`password_file` needs `user`; add it", parameter: "password_file")
    }
    if (certificate == nil) != (key == nil) {
      throw NodeError(
        "`certificate` and `key` need each other; give both", parameter: certificate == nil ? "key" : "certificate")
    }
    for name in ["ca", "certificate"] where arguments[name] != nil && !broker.usesTLS {
      throw NodeError("`\(name)` is for TLS; write `broker: mqtts://...`", parameter: name)
    }
  }
}
