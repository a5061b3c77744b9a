import Foundation
import TestSupport
import Testing

@Suite struct InfoTests {
  @Test func factsOfAFile() throws {
    let workshop = try CommandFolder()
    // A square wave at half of full scale.
    try workshop.record("rub/a.wav", (0..<32000).map { $0 % 2 == 0 ? 0.5 : -0.5 })
    try workshop.record("silent.wav", [Float](repeating: 0, count: 1600))
    let outcome = try workshop.auscult("info", "rub/a.wav", "silent.wav", "--json")
    #expect(outcome.status == 0)
    let files = try #require(try json(outcome.out)["files"] as? [[String: Any]])
    let first = files[0]
    #expect(first["channels"] as? Int == 1 && first["rate"] as? Int == 16000 && first["frames"] as? Int == 32000)
    #expect(first["sample_width"] as? Int == 2 && first["frame_width"] as? Int == 2)
    #expect(first["length"] as? Double == 2 && first["label"] as? String == "rub")
    #expect(abs(try #require(first["peak"] as? Double) - -6.02) < 0.01)
    #expect(abs(try #require(first["intensity"] as? Double) - -6.02) < 0.01)
    #expect(files[1]["peak"] is NSNull && files[1]["intensity"] is NSNull)

    let csv = try workshop.auscult("info", "rub/a.wav", "--csv").out.split(separator: "\n")
    #expect(csv[0] == "name,channels,sample_width,rate,frame_width,length,frames,peak,intensity,label,time,time_from")
    #expect(csv[1].hasPrefix("rub/a.wav,1,2,16000,2,2.0,32000,-6.0") && csv[1].hasSuffix(",rub,,"))

    try workshop.write("m.csv", "file,label\nrub/a.wav,squeal\n")
    let table = try workshop.auscult("info", "rub/a.wav", "none.wav", "--manifest", "m.csv")
    #expect(table.status == 1)
    #expect(table.out.contains("squeal") && table.out.contains("-6.0 dBFS"))
    #expect(table.err.contains("none.wav: No such file") && table.err.contains("1 of 2 files could not be read"))
  }
}
