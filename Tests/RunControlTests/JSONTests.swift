import RunControl
import Testing

@Suite struct JSONTests {
  @Test(arguments: [
    ("null", JSONValue.null), (" [ ] ", .array([])), ("{}", .object([:])), ("-0", .number(-0.0)), ("0", 0),
    ("-12", -12),
    ("9223372036854775807", .integer(.max)), ("9223372036854775808", .number(0x1p63)), ("1.5e3", .number(1500)),
    (#""a\"\\\/\b\f\n\r\té""#, "a\"\\/\u{8}\u{c}\n\r\té"), (#""\u00e9\ud83d\ude00""#, "é😀"),
    (#"{"a":[1,{"b":true}],"a":[false]}"#, .object(["a": .array([.boolean(false)])])),
  ])
  func validTextIsRead(_ text: String, _ value: JSONValue) throws {
    #expect(try JSONValue(parsing: text.utf8) == value)
  }

  @Test(arguments: [
    "", " ", "nul", "truex", "01", "1.", ".5", "1e", "+1", "--1", "1e999", "[1,]", "[1 2]", "[", "{\"a\"}", "{\"a\":}",
    "{a:1}", "{\"a\":1,}", "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"",
    "\"\u{1}\"", "1 2", "NaN", "Infinity", "'a'", "\u{feff}1",
  ])
  func invalidTextIsRefused(_ text: String) {
    #expect(throws: JSONProblem.self) { try JSONValue(parsing: text.utf8) }
  }

  @Test func textThatIsNotUTF8IsRefused() {
    let problem = #expect(throws: JSONProblem.self) {
      try JSONValue(parsing: [0x22, 0xc3, 0x28, 0x22] as [UInt8])
    }
    #expect(problem?.description == "the text is not UTF-8 at byte 4")
  }

  @Test func valuesAreWrittenAsTheyRead() throws {
    let value: JSONValue = [
      "text": "quote \" backslash \\ line \n bell \u{7} é 😀", "numbers": [0, -1, 0.1, 1e-300, .integer(.min)],
      "nothing": nil, "truths": [true, false],
    ]
    #expect(try JSONValue(parsing: value.json) == value)
    #expect(String(decoding: JSONValue.number(.nan).json, as: UTF8.self) == "null")
  }

  @Test func whatTerminalsObeyIsEscaped() {
    let value: JSONValue = .text("\"\\\n\r\t\u{1}\u{1b}\u{7f}\u{9b}\u{202e}\u{2066}é😀")
    #expect(
      String(decoding: value.json, as: UTF8.self)
        == #""\"\\\n\r\t\u0001\u001b\u007f\u009b\u202e\u2066é😀""#)
  }

  @Test func linesForPeople() throws {
    let value: JSONValue = ["b": [1, [:]], "a": ["x": "y/z"], "c": []]
    #expect(
      String(decoding: value.jsonLines, as: UTF8.self) == """
        {
          "a" : {
            "x" : "y/z"
          },
          "b" : [
            1,
            {

            }
          ],
          "c" : [

          ]
        }
        """)
    #expect(try JSONValue(parsing: value.jsonLines) == value)
  }
}
