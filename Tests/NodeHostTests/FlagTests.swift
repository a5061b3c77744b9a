import CNodeABI
import NodeHost
import Testing

/// Swift's names for the ABI's constants have the headers' values.
struct FlagTests {
  @Test("Numbered constants count as the headers do")
  func numbers() {
    #expect(
      ParameterKind.allCases.map(\.rawValue) == [
        AUSCULT_NUMBER, AUSCULT_INTEGER, AUSCULT_BOOLEAN, AUSCULT_TEXT, AUSCULT_CHOICE, AUSCULT_INPUT_PATH,
        AUSCULT_OUTPUT_PATH,
      ])
    #expect(
      GapCause.allCases.map(\.rawValue) == [
        AUSCULT_GAP_XRUN, AUSCULT_GAP_DROP, AUSCULT_GAP_NODE, AUSCULT_GAP_SERVER, AUSCULT_GAP_NETWORK,
        AUSCULT_GAP_SINK,
      ])
    #expect(
      DeafCause.allCases.map(\.rawValue) == [
        AUSCULT_DEAF_UNCONNECTED, AUSCULT_DEAF_SILENT, AUSCULT_DEAF_STUCK, AUSCULT_DEAF_NO_SCORE,
      ])
  }

  @Test("All flags together are what the host knows")
  func sums() {
    #expect(StreamKinds.any.words.count == 6)
    #expect(ValueUnits.all.rawValue == 0x1f && PortFlags.all.rawValue == 0xf)
    #expect(ParameterFlags.all.rawValue == 0x3f && NodeTraits.all.rawValue == 0x1f)
  }

  @Test("Marks: silence is what sounds nowhere, or is silent all over")
  func marks() {
    let all = UInt8(AUSCULT_MARK_SILENCE)
    #expect(Marks.unmarked.isUsable && Marks.unmarked.isConnected && Marks.unmarked.isMoving)
    #expect(!Marks.unmarked.isWhollySilent && !Marks.unmarked.isClipped)
    #expect(Marks(rawValue: 0).isWhollySilent && !Marks(rawValue: 0).isUsable)
    #expect(Marks(rawValue: all | UInt8(AUSCULT_MARK_SOUNDING)).isWhollySilent)
    #expect(!Marks(rawValue: 0x30).isWhollySilent)
    #expect(!Marks(rawValue: UInt8(AUSCULT_MARK_SOUNDING | AUSCULT_MARK_CLIPPED)).isUsable)
  }

  @Test("A member that a later minor version added is there when the struct is long enough")
  func growth() {
    let end = UInt32(MemoryLayout<auscult_setup>.offset(of: \.memory)! + 8)
    #expect(hasMember(end, \auscult_setup.memory) && !hasMember(end - 1, \auscult_setup.memory))
  }

  @Test("An error's texts end at their zero")
  func errors() {
    var error = auscult_error.empty
    #expect(error.size == UInt32(MemoryLayout<auscult_error>.size))
    #expect(error.message.isEmpty && error.parameterName == nil)
    error.text.0 = 65
    error.parameter.0 = 66
    #expect(error.message == "A" && error.parameterName == "B")
  }
}
