import CNodeABI
import NodeHost
import TestSupport
import Testing

/// The node in C and the node in C++, called through nothing but node.h.
@Suite struct ForeignPluginTests {
  @Test func nodeInC() throws {
    let invert = try nodeClass("libtestplugin-c.so")
    #expect(invert.name == "test.c.invert")
    #expect(invert.isHard && invert.traits.isEmpty)
    #expect(invert.library.buildID.count == 40 && invert.library.buildID == invert.library.fileID)
    #expect(invert.inputs.map(\.kinds) == [.audio] && invert.outputs.map(\.kinds) == [.audio])
    #expect(invert.ability("state/1") == nil)
    let node = try NativeNode(invert, numbers: ["scale": 2])
    for _ in 0..<2 {
      try node.start(kind: AUSCULT_AUDIO, channels: 2, columns: 1)
      #expect(node.process([[[1, -2, 3], [0, 0.5, 0]]]) == [[[-2, 4, -6], [0, -1, 0]]])
      #expect(node.process([[[7], [8]]]) == [[[-14], [-16]]])
      node.stop()
    }
  }

  @Test func nodeInCRefusesItsParameter() throws {
    let invert = try nodeClass("libtestplugin-c.so")
    #expect(throws: NativeNode.Failure(text: "a scale of 0 leaves nothing to invert", parameter: "scale")) {
      try NativeNode(invert, numbers: ["scale": 0])
    }
  }

  @Test func nodeInCxx() throws {
    let smooth = try nodeClass("libtestplugin-cxx.so")
    #expect(smooth.name == "test.cxx.smooth")
    #expect(smooth.parameter("amount")?.initialValue == .number(50, unit: Parameter.Units.percent.rawValue, text: ""))
    let node = try NativeNode(smooth, numbers: ["amount": 25])
    for _ in 0..<2 {
      try node.start(kind: AUSCULT_FEATURES, channels: 1, columns: 2)
      #expect(node.process([[[4, 8]], [[8, 8]]]) == [[[4, 8]], [[5, 8]]])
      #expect(node.process([[[5, 0]]]) == [[[5, 6]]])
      node.reset()
      #expect(node.process([[[1, 1]]]) == [[[1, 1]]])
      node.stop()
    }
  }

  private func nodeClass(_ file: String) throws -> NodeClass {
    try PluginLibrary(path: BuildFolder.path + "/" + file).classes[0]
  }
}
