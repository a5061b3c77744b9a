import CNodeABI
import NodeHost
import TestSupport
import Testing

/// The node in C and the node in C++, called only through node.h.
@Suite struct ForeignPluginTests {
  @Test func nodeInC() throws {
    let invert = try nodeClass("libtestplugin-c.so")
    #expect(invert.name == "test.c.invert")
    #expect(invert.isHard && invert.traits.isEmpty)
    #expect(invert.library.buildID.count == 40 && invert.library.buildID == invert.library.fileID)
    #expect(invert.inputs.map(\.kinds) == [.audio] && invert.outputs.map(\.kinds) == [.audio])
    #expect(invert.ability("state/1") == nil)
    let node = try StreamRig(invert, ["scale": "2"])
    let format = RigFormat(audioChannels: 2, rate: 48000)
    for _ in 0..<2 {
      try node.start(format)
      #expect(
        try node.process(RigStream(format: format, channels: [[1, -2, 3], [0, 0.5, 0]])).channels
          == [[-2, 4, -6], [0, -1, 0]])
      #expect(
        try node.process(RigStream(format: format, channels: [[7], [8]])).channels == [[-14], [-16]])
      node.deactivate()
    }
  }

  @Test func nodeInCRefusesItsParameter() throws {
    let invert = try nodeClass("libtestplugin-c.so")
    #expect(throws: NodeRig.Failure("a scale of 0 leaves nothing to invert", parameter: "scale")) {
      try StreamRig(invert, ["scale": "0"])
    }
  }

  @Test func nodeInCxx() throws {
    let smooth = try nodeClass("libtestplugin-cxx.so")
    #expect(smooth.name == "test.cxx.smooth")
    #expect(smooth.parameter("amount")?.initialValue == .number(50, unit: Parameter.Units.percent.rawValue, text: ""))
    let node = try StreamRig(smooth, ["amount": "25"])
    var native = RigFormat(audioChannels: 1, rate: 48000).native
    (native.kind, native.columns) = (AUSCULT_FEATURES, 2)
    let format = RigFormat(native)
    let process = { (tokens: [Float]) in
      try node.process(RigStream(format: format, channels: [tokens])).channels[0]
    }
    for _ in 0..<2 {
      try node.start(format)
      #expect(try process([4, 8, 8, 8]) == [4, 8, 5, 8])
      #expect(try process([5, 0]) == [5, 6])
      node.reset()
      #expect(try process([1, 1]) == [1, 1])
      node.deactivate()
    }
  }

  private func nodeClass(_ file: String) throws -> NodeClass {
    try PluginLibrary(path: BuildFolder.path + "/" + file).classes[0]
  }
}
