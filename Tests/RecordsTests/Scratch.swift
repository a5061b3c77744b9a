import Foundation
import Glibc

/// A folder of its own for each test, removed with it.
final class Scratch {
  let path: String

  init() {
    var template = Array("/tmp/auscult-test-XXXXXX".utf8CString)
    path = String(cString: mkdtemp(&template))
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }
}

/// The folder of the built products, where the plugins lie beside the tests.
let productsFolder: String = {
  var info = Dl_info()
  dladdr(#dsohandle, &info)
  return URL(fileURLWithPath: String(cString: info.dli_fname)).resolvingSymlinksInPath().deletingLastPathComponent().path
}()

/// A small seeded generator (splitmix64); tests print its seed.
struct SeededRandom: RandomNumberGenerator {
  let seed: UInt64
  private var state: UInt64

  init(seed: UInt64 = .random(in: 0...UInt64.max)) {
    self.seed = seed
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
