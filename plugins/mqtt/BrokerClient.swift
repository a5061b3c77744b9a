import CPaho
import Glibc

/// A connection to a broker by Paho's asynchronous client. Paho keeps no messages itself: its own persistence is off, and
/// each connection begins a clean session.
///
/// Thread: the courier's. Events come from Paho's threads.
final class BrokerClient {
  struct Login {
    var user: String?
    var password: [UInt8] = []
  }

  struct TLS {
    var authority: String?
    var certificate: String?
    var key: String?
  }

  /// Seconds: for a connection to be made, and between signs of life.
  private static let (patience, keepAlive): (Int32, Int32) = (10, 15)

  /// Number of the last attempt to connect.
  private(set) var attempt = 0
  private var handle: MQTTAsync?
  /// For Paho's callbacks. Never released: a thread of Paho may still call when the client is gone.
  private let context: UnsafeMutableRawPointer
  private let events: CourierEvents

  /// - Returns: nil: Paho has no memory, or can't take the address.
  init?(uri: String, identifier: String, events: CourierEvents) {
    self.events = events
    context = Unmanaged.passRetained(events).toOpaque()
    guard MQTTAsync_create(&handle, uri, identifier, MQTTCLIENT_PERSISTENCE_NONE, nil) == MQTTASYNC_SUCCESS else {
      return nil
    }
    MQTTAsync_setCallbacks(handle, context, connectionLost, messageArrived, nil)
  }

  deinit { MQTTAsync_destroy(&handle) }

  /// Begins to connect. `connected` or `refused` follows.
  ///
  /// - Parameters:
  ///   - will: what the broker publishes, retained, when the connection breaks.
  /// - Returns: Paho's code, MQTTASYNC_SUCCESS if it has begun.
  func connect(_ login: Login, tls: TLS?, will: RetainedMessage) -> Int32 {
    attempt += 1
    let texts = TextMemory()
    var willOptions = cpaho_will_options()
    willOptions.topicName = texts.keep(will.topic)
    willOptions.message = texts.keep(String(decoding: will.payload, as: UTF8.self))
    (willOptions.retained, willOptions.qos) = (1, 1)
    var tlsOptions = cpaho_tls_options()
    if let tls {
      tlsOptions.trustStore = tls.authority.map { texts.keep($0) }
      tlsOptions.keyStore = tls.certificate.map { texts.keep($0) }
      tlsOptions.privateKey = tls.key.map { texts.keep($0) }
      (tlsOptions.enableServerCertAuth, tlsOptions.verify) = (1, 1)
      tlsOptions.ssl_error_cb = noteTLSError
      tlsOptions.ssl_error_context = context
    }
    var options = cpaho_connect_options()
    options.MQTTVersion = MQTTVERSION_3_1_1
    options.cleansession = 1
    options.keepAliveInterval = Self.keepAlive
    options.connectTimeout = Self.patience
    options.onSuccess = connectionMade
    options.onFailure = connectionRefused
    options.context = context
    if let user = login.user {
      options.username = texts.keep(user)
      options.binarypwd.len = Int32(login.password.count)
      options.binarypwd.data = texts.keep(login.password)
    }
    return withUnsafeMutablePointer(to: &willOptions) { will in
      withUnsafeMutablePointer(to: &tlsOptions) { security in
        options.will = will
        if tls != nil { options.ssl = security }
        // Paho copies all texts.
        return MQTTAsync_connect(handle, &options)
      }
    }
  }

  /// Gives a message to Paho. `sent` or `unsent` follows, unless the connection breaks.
  ///
  /// - Parameter id: of the message in the queue; nil: no event follows.
  /// - Returns: whether Paho took it.
  func publish(topic: String, payload: [UInt8], quality: Int32, isRetained: Bool = false, id: Int64? = nil) -> Bool {
    var options = cpaho_response_options()
    let flight = id.map { Unmanaged.passRetained(Flight(id: $0, attempt: attempt, events: events)) }
    if let flight {
      options.onSuccess = messageSent
      options.onFailure = messageUnsent
      options.context = flight.toOpaque()
    }
    let code = payload.withUnsafeBytes { bytes in
      MQTTAsync_send(
        handle, topic, Int32(clamping: bytes.count), bytes.baseAddress, quality, isRetained ? 1 : 0, &options)
    }
    if code != MQTTASYNC_SUCCESS { flight?.release() }
    return code == MQTTASYNC_SUCCESS
  }

  /// Ends the connection, after Paho has sent what it has.
  func disconnect(milliseconds: Int32) {
    var options = cpaho_disconnect_options()
    options.timeout = milliseconds
    MQTTAsync_disconnect(handle, &options)
  }

  var isConnected: Bool { MQTTAsync_isConnected(handle) != 0 }
}

/// A message that Paho has. Its callback releases it.
private final class Flight {
  let id: Int64
  let attempt: Int
  let events: CourierEvents

  init(id: Int64, attempt: Int, events: CourierEvents) {
    self.id = id
    self.attempt = attempt
    self.events = events
  }
}

/// C texts that live as long as this.
private final class TextMemory {
  private var memory: [UnsafeMutableRawPointer] = []

  deinit { for item in memory { free(item) } }

  func keep(_ text: String) -> UnsafePointer<CChar> {
    let copy = strdup(text)!
    memory.append(copy)
    return UnsafePointer(copy)
  }

  func keep(_ bytes: [UInt8]) -> UnsafeRawPointer {
    let copy = malloc(max(1, bytes.count))!
    copy.copyMemory(from: bytes, byteCount: bytes.count)
    memory.append(copy)
    return UnsafeRawPointer(copy)
  }
}

// MARK: Paho's callbacks

private func events(_ context: UnsafeMutableRawPointer?) -> CourierEvents {
  Unmanaged<CourierEvents>.fromOpaque(context!).takeUnretainedValue()
}

private func connectionMade(_ context: UnsafeMutableRawPointer?, _: UnsafeMutablePointer<MQTTAsync_successData>?) {
  events(context).post(.connected)
}

private func connectionRefused(
  _ context: UnsafeMutableRawPointer?, _ failure: UnsafeMutablePointer<MQTTAsync_failureData>?
) {
  let detail = failure?.pointee.message.map { String(cString: $0) } ?? ""
  events(context).post(.refused(code: failure?.pointee.code ?? -1, detail: detail))
}

private func connectionLost(_ context: UnsafeMutableRawPointer?, _ cause: UnsafeMutablePointer<CChar>?) {
  events(context).post(.lost(detail: cause.map { String(cString: $0) } ?? ""))
}

private func messageArrived(
  _: UnsafeMutableRawPointer?, _ topic: UnsafeMutablePointer<CChar>?, _: Int32,
  _ message: UnsafeMutablePointer<MQTTAsync_message>?
) -> Int32 {
  var message = message
  MQTTAsync_freeMessage(&message)
  MQTTAsync_free(topic)
  return 1
}

private func messageSent(_ context: UnsafeMutableRawPointer?, _: UnsafeMutablePointer<MQTTAsync_successData>?) {
  let flight = Unmanaged<Flight>.fromOpaque(context!).takeRetainedValue()
  flight.events.post(.sent(flight.id))
}

private func messageUnsent(_ context: UnsafeMutableRawPointer?, _: UnsafeMutablePointer<MQTTAsync_failureData>?) {
  let flight = Unmanaged<Flight>.fromOpaque(context!).takeRetainedValue()
  flight.events.post(.unsent(flight.id, attempt: flight.attempt))
}

private func noteTLSError(_ text: UnsafePointer<CChar>?, _ length: Int, _ context: UnsafeMutableRawPointer?) -> Int32 {
  if let text { events(context).noteTLS(String(cString: text)) }
  return 0
}
