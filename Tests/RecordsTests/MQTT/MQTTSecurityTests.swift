import CNodeABI
import Foundation
import TestSupport
import Testing

/// Passwords, TLS and client certificates; each certificate is made here by openssl.
@Suite(
  .serialized,
  .enabled(
    if: Broker.isInstalled && FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl"),
    "mosquitto, mosquitto-clients and openssl are needed"))
struct MQTTSecurityTests {
  private let scratch = ScratchFolder()
  private var queue: String { scratch.file("queue") }

  @Test func passwordFileLetsIn() throws {
    let broker = try Broker(["allow_anonymous false", "password_file DIR/passwords"], isStarted: false)
    try CompiledPlugin.run("mosquitto_passwd", ["-c", "-b", broker.scratch.file("passwords"), "plant", "se:cret"])
    try broker.start()
    let address = "mqtt://localhost:\(broker.port)"
    try "wrong\n".write(toFile: scratch.file("password"), atomically: true, encoding: .utf8)
    let rig = try MQTTRig(address, queue: queue, ["user": "plant", "password_file": scratch.file("password")])
    try rig.alarms(0..<1)
    try rig.waitForLog("the broker \(address) refuses the user 'plant' or the password; check `user`, `password_file`")
    // It tries again, with the file as it is then, and reports the reason once.
    let subscriber = try Subscriber(broker, options: ["-u", "plant", "-P", "se:cret"])
    try "se:cret\n".write(toFile: scratch.file("password"), atomically: true, encoding: .utf8)
    try waitUntil { try subscriber.payloads("/alarm").count == 1 }
    #expect(rig.sink.logged.count { $0.contains("refuses the user") } == 1)
    rig.end()
  }

  @Test func withoutANameItIsToldWhatToGive() throws {
    let broker = try Broker(["allow_anonymous false"])
    let rig = try MQTTRig("mqtt://127.0.0.1:\(broker.port)", queue: queue)
    try rig.waitForLog("refuses clients without a name; give `user` and `password_file`")
    rig.end()
  }

  /// An own authority, a certificate for `localhost`, and one for the watch.
  @Test func certificatesAreChecked() throws {
    let folder = try certificates()
    let broker = try Broker([
      "cafile \(folder)/ca.pem", "certfile \(folder)/broker.pem", "keyfile \(folder)/broker.key",
      "require_certificate true", "use_identity_as_username true",
    ])
    let options = [
      "--cafile", folder + "/ca.pem", "--cert", folder + "/watch.pem", "--key", folder + "/watch.key",
    ]
    let subscriber = try Subscriber(broker, options: options)
    let address = "mqtts://localhost:\(broker.port)"
    let own = ["certificate": folder + "/watch.pem", "key": folder + "/watch.key"]

    let stranger = try MQTTRig(address, queue: scratch.file("other"), own)
    try stranger.waitForLog("the certificate of the broker \(address) is not trusted")
    stranger.end()

    let nobody = try MQTTRig(address, queue: scratch.file("other"), ["ca": folder + "/ca.pem"])
    try nobody.waitForLog("Alarms wait in the queue")
    nobody.end()

    let rig = try MQTTRig(address, queue: queue, own.merging(["ca": folder + "/ca.pem"]) { $1 })
    try rig.alarms(0..<5)
    try waitUntil { try subscriber.payloads("/alarm").count == 5 }
    rig.end()
    #expect(try seconds(subscriber.payloads("/alarm")) == Array(0..<5))
  }

  private func certificates() throws -> String {
    let folder = scratch.file("certificates")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    func openssl(_ line: String) throws {
      try CompiledPlugin.run("openssl", line.replacing("DIR", with: folder).split(separator: " ").map(String.init))
    }
    try "subjectAltName=DNS:localhost".write(toFile: folder + "/names", atomically: true, encoding: .utf8)
    try openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout DIR/ca.key -out DIR/ca.pem")
    for name in ["broker", "watch"] {
      try openssl("req -newkey rsa:2048 -nodes -subj /CN=\(name) -keyout DIR/\(name).key -out DIR/\(name).csr")
      try openssl(
        "x509 -req -days 2 -in DIR/\(name).csr -CA DIR/ca.pem -CAkey DIR/ca.key -CAcreateserial -extfile DIR/names "
          + "-out DIR/\(name).pem")
    }
    return folder
  }
}
