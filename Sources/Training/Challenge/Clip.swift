/// The place of a clip in a public dataset, from the names of its file and folders.
public struct Clip: Sendable, Equatable {
  /// The domain shift of DCASE 2021 and later: most training clips are of the source domain, few of the target domain.
  public enum Domain: String, Sendable, CaseIterable { case source, target }

  /// "fan"; where recordings of one type exist in several versions, with the version: "6_dB_fan", "ToyCar_ch1".
  public var machineType: String
  /// Digits, at least two: the section, the machine's ID or the case.
  public var section: String
  public var domain: Domain?
}

/// Parses the path of a clip in the layouts of DCASE task 2, MIMII and ToyADMOS.
struct ClipPath: Equatable {
  enum Layout: String {
    case dcase = "DCASE"
    case mimii = "MIMII"
    case toyADMOS = "ToyADMOS"
  }

  var layout: Layout
  var clip: Clip
  /// The machine whose model scores it.
  var machine: String
  /// `Label.unlabelled` where the names do not give it.
  var label: String
  /// Nil: the layout has none.
  var part: Part?

  /// - Parameter path: absolute. Nil: in none of the layouts, or neither for training nor for testing.
  init?(_ path: String) {
    let folders = path.split(separator: "/").map(String.init)
    guard let file = folders.last else { return nil }
    let stem = file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
    let above = Above(folders.dropLast())
    guard
      let found = Self.section(stem, above) ?? Self.machineID(stem, above) ?? Self.mimii(above)
        ?? Self.toyADMOS(stem, above)
    else { return nil }
    self = found
  }

  private init(
    _ layout: Layout, _ clip: Clip, machine: String, label: String?, part: Part? = nil
  ) {
    self.layout = layout
    self.clip = clip
    self.machine = machine
    self.label = label ?? Label.unlabelled
    self.part = part
  }

  /// Folders that a file lies in, the innermost first.
  private struct Above {
    let names: [String]
    init(_ folders: ArraySlice<String>) { names = folders.reversed() }
    subscript(_ level: Int) -> String { level < names.count ? names[level] : "" }
  }

  // MARK: DCASE

  /// DCASE 2021 and later: `fan/train/section_00_source_train_normal_0000_attributes.wav`; evaluation data leave out the
  /// domain and the label: `section_03_test_0000.wav`, since 2023 also the part: `test/section_00_0000.wav`.
  private static func section(_ stem: String, _ above: Above) -> ClipPath? {
    var words = stem.split(separator: "_", omittingEmptySubsequences: false).map { $0.lowercased() }[...]
    guard words.popFirst() == "section", let section = words.popFirst(), isNumber(section) else { return nil }
    let domain = words.first.flatMap { Clip.Domain(rawValue: $0) }
    if domain != nil { words.removeFirst() }
    let named = words.first.flatMap { Part(rawValue: $0) }
    if named != nil { words.removeFirst() }
    let isNumbered = words.count == 1 && isNumber(words.first!)
    guard let part = named ?? (isNumbered && isPart(above[0]) ? Self.part(above[0]) : nil), part != .validation else {
      return nil
    }
    let type = isPart(above[0]) ? above[1] : above[0]
    guard !type.isEmpty else { return nil }
    return ClipPath(
      .dcase, Clip(machineType: type, section: section, domain: domain), machine: type,
      label: words.first.flatMap(label), part: part)
  }

  /// DCASE 2020: `fan/test/anomaly_id_00_00000000.wav`; evaluation data: `id_01_00000000.wav`.
  private static func machineID(_ stem: String, _ above: Above) -> ClipPath? {
    var words = stem.split(separator: "_", omittingEmptySubsequences: false).map { $0.lowercased() }[...]
    let label = words.first.flatMap(label)
    if label != nil { words.removeFirst() }
    guard words.count >= 3, words.popFirst() == "id", let id = words.popFirst(), isNumber(id), isPart(above[0]),
      !above[1].isEmpty
    else { return nil }
    return ClipPath(
      .dcase, Clip(machineType: above[1], section: id), machine: above[1], label: label,
      part: part(above[0]))
  }

  /// Of a folder for which `isPart` is true.
  private static func part(_ folder: String) -> Part { folder.lowercased() == "train" ? .train : .test }

  private static func isPart(_ folder: String) -> Bool {
    ["train", "test", "source_test", "target_test", "test_rename"].contains(folder.lowercased())
  }

  // MARK: Without parts

  /// MIMII: `6_dB_fan/fan/id_00/normal/00000000.wav`, with or without the folder of the signal-to-noise ratio. Each ID
  /// is a machine.
  private static func mimii(_ above: Above) -> ClipPath? {
    let words = above[1].lowercased().split(separator: "_")
    guard let label = label(above[0]), words.count == 2, words[0] == "id", isNumber(words[1]), !above[2].isEmpty else {
      return nil
    }
    // "-6_dB_fan", "0_dB_fan": the same clips with more or less factory noise.
    let isNoisy = above[3].lowercased().hasSuffix("db_\(above[2].lowercased())")
    let type = isNoisy ? above[3] : above[2]
    return ClipPath(
      .mimii, Clip(machineType: type, section: String(words[1])), machine: "\(type)_id_\(words[1])", label: label)
  }

  /// ToyADMOS: `ToyCar/case1/NormalSound_IND/1100010001_ToyCar_case1_normal_IND_ch1_0001.wav`. Each case is a machine,
  /// separately for each microphone.
  private static func toyADMOS(_ stem: String, _ above: Above) -> ClipPath? {
    let words = above[1].lowercased()
    guard words.hasPrefix("case"), isNumber(words.dropFirst(4)), !above[2].isEmpty else { return nil }
    let label: String
    switch above[0].lowercased() {
    case "normalsound_ind": label = Label.normal
    case "anomaloussound_ind": label = Label.anomalous
    default: return nil
    }
    let channel = stem.lowercased().split(separator: "_").first { $0.hasPrefix("ch") && isNumber($0.dropFirst(2)) }
    let type = above[2] + (channel.map { "_\($0)" } ?? "")
    let number = words.dropFirst(4)
    return ClipPath(
      .toyADMOS, Clip(machineType: type, section: number.count < 2 ? "0\(number)" : String(number)),
      machine: "\(type)_case\(number)", label: label)
  }

  // MARK: Words

  private static func label(_ word: String) -> String? {
    let label = Label.canonical(word)
    return Label.isAnomalyTask([label]) ? label : nil
  }

  private static func isNumber(_ text: some StringProtocol) -> Bool {
    !text.isEmpty && text.utf8.count <= 9
      && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }
}
