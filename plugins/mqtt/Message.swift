import Records

/// One message for a topic, as it waits in the queue.
struct Message: Sendable, Equatable {
  var topic: String
  var payload: [UInt8]
  /// Alarms are dropped only when no score is left.
  var isAlarm: Bool
  var span: Span
}

/// The last value of a topic that the broker keeps.
struct RetainedMessage: Sendable, Equatable {
  var topic: String
  var payload: [UInt8]
}
