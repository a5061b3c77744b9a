import NumberText
import Testing

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
}
