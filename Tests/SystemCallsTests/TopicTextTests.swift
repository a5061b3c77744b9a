import Testing
import TextEscapes

/// Names of any origin as levels of MQTT topics, and as identifiers.
@Suite struct TopicTextTests {
  @Test(arguments: [
    ("fan-03", "fan-03"), ("Lüfter 3", "Lüfter 3"), ("a/b", "a%2Fb"), ("a+#", "a%2B%23"), ("100%", "100%25"),
    ("a\0b\n\u{7f}", "a%00b%0A%7F"), ("\u{85}", "%C2%85"), ("", "%"),
  ])
  func levelsAreEscaped(_ name: String, _ level: String) { #expect(TopicText.level(name) == level) }

  @Test(arguments: [("fan-03", "fan-03"), ("a b", "a_20b"), ("a_b", "a_5Fb"), ("ü", "_C3_BC"), ("", "_")])
  func identifiersAreEscaped(_ name: String, _ identifier: String) { #expect(TopicText.identifier(name) == identifier) }

  @Test func longNamesStayDifferent() {
    let names = ["x", "y"].map { String(repeating: "ü/", count: 500) + $0 }
    for escape in [TopicText.level, TopicText.identifier] {
      let texts = names.map(escape)
      #expect(texts.allSatisfy { $0.utf8.count <= TopicText.longest } && Set(texts).count == 2)
    }
    #expect(TopicText.level(names[0]).contains("%~"))
  }

  @Test(arguments: ["", "a/#", "+", "$SYS/a", "a\nb", String(repeating: "a", count: 2000)])
  func prefixesAreRefused(_ text: String) { #expect(TopicText.problem(withPrefix: text) != nil) }

  @Test func prefixMayHaveLevels() { #expect(TopicText.problem(withPrefix: "plant/hall 1/auscult") == nil) }
}
