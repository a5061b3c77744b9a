import CDigest
import Foundation
import JSONText
import Models
import TestSupport
import Testing

/// Model files: a round trip keeps everything, and a damaged file is refused with a reason.
@Suite struct ModelFileTests {
  private let folder = NSTemporaryDirectory() + "auscult-models-\(UUID().uuidString)"

  init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

  private var path: String { folder + "/a.safetensors" }

  private func sample() -> ModelFile {
    var file = ModelFile()
    file.className = "detector.kmeans"
    file.classVersion = "1.0.0"
    file.machines = [
      ModelFile.Machine(name: "fan-00", threshold: 0.1 + 0.2, calibration: ["rule": "percentile=95"]),
      ModelFile.Machine(name: "p\u{fc}mpe \"1\"", threshold: nil),
    ]
    file.labels = ["a", "b"]
    file.frontEnd = [["class": "mel"]]
    file.seed = .max
    file.texts = ["note": "line\nbreak"]
    file.tensors["0.x"] = Tensor(kind: .float32, shape: [2, 3], bytes: [UInt8](repeating: 1, count: 24))
    file.tensors["all.y"] = Tensor(kind: .float64, shape: [], bytes: [UInt8](repeating: 0, count: 8))
    return file
  }

  @Test func whatGoesInComesOut() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let file = sample()
    try file.write(path)
    let again = try ModelFile(path: path)
    #expect(again.machines == file.machines)
    #expect(again.tensors == file.tensors)
    #expect(again.labels == file.labels && again.texts == file.texts && again.seed == file.seed)
    #expect(again.frontEndHash == file.frontEndHash)
    // Equal content gives equal bytes; no other file is left.
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    try again.write(path)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.safetensors"])
  }

  @Test func aFileCutAnywhereIsRefused() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try sample().write(path)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    for length in 0..<whole.count {
      try whole.prefix(length).write(to: URL(fileURLWithPath: path))
      #expect(throws: ModelError.self) { try ModelFile(path: path) }
    }
  }

  /// If any byte is changed, reading gives a model or a reason, never a crash.
  @Test func aChangedByteIsNoCrash() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try sample().write(path)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    for _ in 0..<2000 {
      var bytes = whole
      bytes[Int.random(in: 0..<min(bytes.count, 900), using: &random)] = UInt8.random(in: 0...255, using: &random)
      try bytes.write(to: URL(fileURLWithPath: path))
      do { _ = try ModelFile(path: path) } catch { #expect(error.description.hasPrefix(path)) }
    }
  }

  @Test(arguments: [
    (#"{"x":{"dtype":"F32","shape":[4],"data_offsets":[0,12]}}"#, "another size than its shape says"),
    (#"{"x":{"dtype":"F32","shape":[4611686018427387904,8],"data_offsets":[0,16]}}"#, "has no shape"),
    (#"{"x":{"dtype":"F32","shape":[1099511627776,1099511627776],"data_offsets":[0,16]}}"#, "absurdly large"),
    (#"{"x":{"dtype":"F32","shape":[-4],"data_offsets":[0,16]}}"#, "has no shape"),
    (#"{"x":{"dtype":"I64","shape":[2],"data_offsets":[0,16]}}"#, "neither F32 nor F64"),
    (#"{"x":{"dtype":"F32","shape":[4],"data_offsets":[0,999]}}"#, "lies outside of the file"),
    (
      #"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"y":{"dtype":"F32","shape":[3],"data_offsets":[4,16]}}"#,
      "overlap or leave holes"
    ),
    (#"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, "belong to no tensor"),
    ("[1,2,3]", "not a JSON object"), ("{", "not JSON"),
    (#"{"x":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#, "not a model of auscult"),
  ])
  func hostileHeaders(header: String, reason: String) throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var data = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
    data += Data(header.utf8) + Data(count: 16)
    try data.write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: ModelError.self) { try ModelFile(path: path) }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }

  @Test func aHeaderThatClaimsTooMuchTakesNoMemory() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Data([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x7b]).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: ModelError.self) { try ModelFile(path: path) }
    #expect(error?.text.contains("claims 9223372036854775807 bytes") == true)
    #expect(throws: ModelError.self) { try ModelFile(path: "/dev/zero") }
    #expect(throws: ModelError.self) { try ModelFile(path: folder) }
  }

  /// FIPS 180-4's examples.
  @Test func digestsAreSHA256() {
    #expect(SHA256.hex([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(SHA256.hex("abc".utf8) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      SHA256.hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    #expect(
      SHA256.hex(repeatElement(UInt8(ascii: "a"), count: 1_000_000))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  /// The CPU's own instructions give what the plain rounds give, block by block and all at once.
  @Test func digestsDoNotDependOnTheInstructions() {
    let bytes = (0..<(Int(DIGEST_BLOCK) * 9)).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ $0 >> 3) }
    let start = (0..<8).map { UInt32($0) &* 0x9e37_79b9 }
    for count in 0...9 {
      var (fast, plain, single) = (start, start, start)
      digest_sha256(&fast, bytes, count)
      digest_sha256_plain(&plain, bytes, count)
      for block in 0..<count { digest_sha256(&single, Array(bytes[(block * Int(DIGEST_BLOCK))...]), 1) }
      #expect(fast == plain && single == plain, "\(count) blocks")
    }
  }

  /// A file may come in pieces of any size.
  @Test func digestsDoNotDependOnThePieces() {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    for piece in [1, 3, 63, 64, 65, 128, 999] {
      var hash = SHA256()
      for from in stride(from: 0, to: bytes.count, by: piece) {
        bytes[from..<min(bytes.count, from + piece)].withUnsafeBytes { hash.update($0) }
      }
      #expect(hash.hex() == SHA256.hex(bytes), "pieces of \(piece) bytes")
    }
  }

  @Test(arguments: [Float.infinity, -.infinity, .nan, -.nan, .greatestFiniteMagnitude, 0, -0x1p-149])
  func tensorsAreCheckedForNumbersThatAreNotFinite(value: Float) throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var file = sample()
    for place in 0..<6 {
      var values: [Float] = [1, -2, 3, 0, 5, -6]
      values[place] = value
      file.tensors["0.x"] = Tensor(kind: .float32, shape: [2, 3], bytes: values.withUnsafeBytes { Array($0) })
      file.tensors["all.y"] = Tensor(
        kind: .float64, shape: [6], bytes: values.map(Double.init).withUnsafeBytes { Array($0) })
      try file.write(path)
      let model = try OpenModel(path: path)
      #expect(model.isFinite("0.x") == value.isFinite && model.isFinite("all.y") == value.isFinite)
    }
  }
}
