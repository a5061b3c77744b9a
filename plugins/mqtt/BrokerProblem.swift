/// Why there is no connection to a broker, in words: what, where, and what to do.
struct BrokerProblem: Equatable, Sendable {
  var text: String

  /// - Parameters:
  ///   - code: the broker's answer, from 1 on, or Paho's, below 0.
  ///   - detail: Paho's words.
  ///   - tls: OpenSSL's words; empty: none.
  init(_ settings: MQTTSettings, code: Int32, detail: String, tls: String) {
    let place = settings.broker.text
    text =
      switch code {
      case 1: "the broker \(place) does not speak MQTT 3.1.1; use a newer one"
      case 2: "the broker \(place) refuses the client's name; allow names that begin with `auscult-`"
      case 3: "the broker \(place) does not serve now; look at its log"
      case 4, 5: "the broker \(place) refuses \(Self.login(settings))"
      default: Self.silent(settings, place, detail: detail, tls: tls)
      }
  }

  init(_ text: String) { self.text = text }

  private static func login(_ settings: MQTTSettings) -> String {
    guard let user = settings.user else { return "clients without a name; give `user` and `password_file`" }
    return "the user '\(user)' or the password; check `user`, `password_file` and the broker's list of users"
  }

  private static func silent(_ settings: MQTTSettings, _ place: String, detail: String, tls: String) -> String {
    if tls.contains("certificate verify failed") || tls.contains("self-signed") || tls.contains("unable to get") {
      return "the certificate of the broker \(place) is not trusted (\(reason(tls))); give the file of its authority "
        + "with `ca`, and check the host's name in the certificate"
    }
    if !tls.isEmpty {
      return "no TLS connection to the broker \(place) (\(reason(tls))); check the port, `ca`, `certificate` and `key`"
    }
    let advice =
      settings.broker.usesTLS
      ? "check the address, whether the broker runs, the host's name in its certificate, and `ca`"
      : "check the address, and whether the broker runs"
    return "no MQTT broker answers at \(place)\(detail.isEmpty ? "" : " (\(detail))"); \(advice)"
  }

  /// OpenSSL's line without its numbers: "error:0A000086:SSL routines::certificate verify failed:...".
  private static func reason(_ tls: String) -> String {
    let line = tls.split(whereSeparator: \.isNewline).first ?? ""
    let parts = line.split(separator: ":").filter { part in
      part.contains { $0.isLetter } && part.contains(" ") && part != "SSL routines"
    }
    return String(parts.first ?? line)
  }
}
