import NumberText
import Testing
import TextEscapes

struct NumberTextTests {
  @Test("Whole numbers have no point, others are as Swift writes them")
  func plain() {
    #expect(NumberText.plain(16000) == "16000" && NumberText.plain(-0.5) == "-0.5")
    #expect(NumberText.plain(1e300) == "1e+300" && NumberText.plain(.infinity) == "inf")
    #expect(NumberText.hertz(44100) == "44100 Hz" && NumberText.hertz(0.5) == "0.5 Hz")
  }

  @Test("Rounding, with and without zeros at the end")
  func rounding() {
    #expect(NumberText.plain(2.0004, decimals: 3) == "2" && NumberText.plain(0.1254, decimals: 3) == "0.125")
    #expect(NumberText.rounded(2.04, 1) == "2.0" && NumberText.rounded(99.6, 0) == "100")
    #expect(NumberText.rounded(.nan, 2) == "nan" && NumberText.rounded(1e15, 2) == "1000000000000000.0")
  }

  @Test("Digits as C's printf writes them")
  func printed() {
    #expect(NumberText.fixed(2, 3) == "2.000" && NumberText.fixed(-0.0005, 3) == "-0.001")
    #expect(NumberText.fixed(1e300, 2).count == 304 && NumberText.fixed(.nan, 1) == "nan")
    #expect(NumberText.signed(2.5, 1) == "+2.5" && NumberText.signed(-2.5, 0) == "-2")
    #expect(NumberText.significant(0.1250, 4) == "0.125" && NumberText.significant(4_000_000, 2) == "4e+06")
    #expect(NumberText.fixed(1, -1) == "1" && NumberText.fixed(1, 1000).count == 66)
  }

  @Test("Spaces of any script around a text go, line ends stay")
  func trimmed() {
    #expect(" \t a b\u{A0}\u{3000}".trimmed == "a b" && " \n a".trimmed == "\n a")
    #expect("".trimmed == "" && " \t".trimmed == "" && "\u{301}a ".trimmed == "\u{301}a")
  }
}
