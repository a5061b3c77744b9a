import ArgumentParser
import FoundationEssentials
import Glibc
import OutputFiles
import Records
import RunControl
import TextEscapes
import Training

/// `auscult accept`
struct Accept: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Says that a sound is normal: the detector that judges now learns it.",
    discussion: """
      The sound joins the machine's folder of normal sound, NORMAL/MACHINE (with one machine also NORMAL itself). From all \
      sound there a candidate is learned beside the watch. It must raise no alarm on the accepted sound, and must raise \
      every confirmed alarm that the present detector raises (--confirmed). Then it runs in the shadow of the present \
      detector for --for, and may raise no more alarms than that one and the budget of false alarms. If so, it takes over \
      without a gap, also at the next start: it replaces the model's file, of which a copy stays. Each step is printed. If \
      one fails, nothing is changed. --dry-run stops before the candidate takes over, and changes nothing either.

      Examples:
        auscult accept clips/fan-03-20261121T093001.664Z.flac
        auscult accept clips/fan-03-*.flac --confirmed faults --false-alarms-per-hour 0.1 --for 1h
        auscult accept --machine fan-03 --since 2026-11-21T09:30:00Z --until 2026-11-21T09:31:00Z
        auscult accept --undo                     the last one: model, run and folder as before

      Without --tape, a stretch of time comes out of the recordings of the graph's `sink.wav`.

      Exit status: 0 the candidate took over, or --dry-run ended well; 1 nothing was changed; 64 usage.
      """)

  @Argument(
    help: ArgumentHelp("Clips of sink.clip, or other recordings of the machine.", valueName: "clip"),
    completion: .file())
  var clips: [String] = []
  @Option(help: "The machine (default: as the clip's note says).", completion: .machines) var machine: String?
  @Option(help: "Instead of clips: the time of the first sample, 2026-11-21T09:30:00Z, or so long ago: 2h.")
  var since: Moment?
  @Option(help: "The time after the last sample.") var until: Moment?
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Recordings to take that time from, as with `auscult cut`.", valueName: "files"),
    completion: .file())
  var tape: [String] = []
  @Option(help: "The folder of normal sound that the detector was trained on.", completion: .directory)
  var normal = "normal"
  @Option(
    help: ArgumentHelp(
      "A folder with clips of real faults, which must stay alarms (default: 'confirmed', if there is one).",
      valueName: "folder"), completion: .directory)
  var confirmed: String?
  @Option(
    help: ArgumentHelp(
      "The running graph's name (default: the one that wrote the clip, or the only one).", valueName: "name"),
    completion: .runningGraphs)
  var graph: String?
  @Option(help: "The detector; required if the graph has several.", completion: .fileNodes) var node: String?
  @Option(name: .customLong("for"), help: ArgumentHelp("How long the candidate runs in the shadow.", valueName: "time"))
  var shadowing = Seconds(600)
  @Flag(help: "Only set the thresholds again, instead of learning.") var calibrate = false
  @Flag(name: .customLong("dry-run"), help: "Stop before the candidate takes over.") var isDryRun = false
  @Flag(help: "Take back the last acceptance.") var undo = false
  @OptionGroup(title: "Thresholds") var thresholds: ThresholdOptions
  @OptionGroup var catalog: CatalogOptions
  @OptionGroup var verbosity: ConsoleOptions

  func validate() throws {
    if undo {
      guard clips.isEmpty, since == nil, until == nil, tape.isEmpty, !isDryRun else {
        throw ValidationError("--undo takes no sound: it takes back the last acceptance.")
      }
      return
    }
    guard clips.isEmpty != (since == nil && until == nil) else {
      throw ValidationError("Give clips, or --machine with --since and --until.")
    }
    if !clips.isEmpty, !tape.isEmpty { throw ValidationError("--tape goes with --since and --until.") }
    guard clips.isEmpty else { return }
    guard machine != nil, let since, let until else {
      throw ValidationError("A stretch of time needs --machine, --since and --until.")
    }
    if until.nanoseconds <= since.nanoseconds { throw ValidationError("--until is not after --since.") }
  }

  func run() throws {
    let console = verbosity.console(isJSON: false)
    try reporting(console) {
      if undo { return try takeBack(console) }
      let run = try LearningRun(runName(), node: node, catalog.load())
      let source = SoundSource(run: run, console: console)
      let machines = try clips.map { try source.machine(of: $0, machine) }
      let faults = try source.confirmed(confirmed)
      var folder = try Failure.wording { try NormalFolder(absolute(normal), machines: run.machines) }
      try warnOfForgotten(folder, run, console)
      let trial = AcceptanceTrial(console, run, candidate: candidate(of: run), rule: thresholds.rule)
      do {
        try join(&folder, source, machines)
        try learn(trial, folder)
        try judge(trial, folder, faults)
        try shadow(trial)
        if !isDryRun { try takeOver(trial) }
      } catch {
        let had = !folder.added.isEmpty
        folder.takeBack()
        unlink(PathText.bytes(trial.candidate))
        console.info("nothing was changed" + (had ? ": the sound has left \(normal.shown) again" : ""))
        throw Failure.wording(error)
      }
      try isDryRun ? endDryRun(trial, &folder) : keep(trial, &folder, console)
    }
  }

  /// The run to teach: the given one, else the one that wrote the first clip, else the only one.
  private func runName() throws -> String {
    if graph == nil, let clip = clips.first,
      let name = ClipNote(note: ClipNote.notePath(of: clip))?.note["graph"]?.text,
      ControlClient.running().contains(where: { $0.name == name })
    {
      return name
    }
    return try RunLookup.name(graph, for: "accept")
  }

  // MARK: Steps

  private func step(_ number: Int, _ text: String) { Output.line("\(number) of 6: \(text)") }

  private func join(_ folder: inout NormalFolder, _ source: SoundSource, _ machines: [String]) throws {
    for (clip, machine) in zip(clips, machines) { try folder.add(clip, machine: machine) }
    if let machine, let since, let until {
      let cut = try source.cut(tape, machine: machine, from: since.nanoseconds, until: until.nanoseconds)
      try folder.add(cut, machine: machine)
    }
    step(
      1,
      folder.added.isEmpty
        ? "the sound is in \(normal.shown) already"
        : "\(Quantity.count(folder.added.count, "recording")) joined \(normal.shown): "
          + folder.added.map { String(LinkedPath.split($0).name).shown }.joined(separator: ", "))
  }

  private func learn(_ trial: AcceptanceTrial, _ folder: NormalFolder) throws {
    let set = folder.recordings
    try calibrate ? trial.calibrate(set) : trial.learn(set)
    step(
      2,
      (calibrate ? "set the thresholds again" : "learned \(Quantity.count(set.recordings.count, "recording"))")
        + " beside the watch: \(trial.candidate.seenFromHere)")
  }

  private func judge(_ trial: AcceptanceTrial, _ folder: NormalFolder, _ faults: [Recording]) throws {
    let sounding = try trial.raising(folder.accepted, model: trial.candidate)
    if let first = sounding.min() {
      throw Failure(
        "the candidate still raises an alarm on \(folder.accepted[first].path)",
        advice: "accept more sound like it, also of other times; or allow more --false-alarms-per-hour")
    }
    let present = faults.isEmpty ? [] : try trial.raising(faults, model: trial.run.model)
    let missed = present.subtracting(present.isEmpty ? [] : try trial.raising(faults, model: trial.candidate)).sorted()
    guard missed.isEmpty else {
      throw Failure(
        "the candidate misses \(missed.count) of \(Quantity.count(present.count, "confirmed alarm")): "
          + missed.map { faults[$0].path }.joined(separator: ", "),
        advice: "listen again: is the accepted sound normal?")
    }
    step(
      3,
      "no alarm on the accepted sound; "
        + confirmedText(faults.count, raised: present.count))
  }

  private func confirmedText(_ count: Int, raised: Int) -> String {
    if count == 0 { return "no confirmed alarms to check (--confirmed)" }
    if raised == 0 {
      return "none of \(Quantity.count(count, "confirmed clip")) raises an alarm, by the present detector neither"
    }
    return (raised == 1 ? "the confirmed alarm is raised again" : "all \(raised) confirmed alarms are raised again")
      + (raised == count ? "" : ", without \(count - raised) that the present detector does not raise either")
  }

  private func shadow(_ trial: AcceptanceTrial) throws {
    let comparison = try trial.shadow(seconds: shadowing.number)
    do {
      let budget: Double = if case .falseAlarms(let perHour)? = trial.rule { perHour } else { 1 }
      let allowed = comparison.present + Int64(min(1e15, budget * shadowing.number / 3600))
      let figures =
        "\(Quantity.seconds(shadowing.number)) in the shadow: \(Quantity.count(comparison.candidate, "alarm")), the "
        + "present detector \(comparison.present), \(allowed) allowed"
      guard comparison.compared > 0 else {
        throw Failure(
          "nothing was judged in \(Quantity.seconds(shadowing.number)) in the shadow",
          advice: "is the machine heard (`auscult status`)? Give more time by --for")
      }
      guard comparison.candidate <= allowed else {
        throw Failure("the candidate raises too many alarms: \(figures)", advice: "accept more sound of other times")
      }
      Output.line(comparison.text)
      step(4, figures)
      if isDryRun { trial.discard() }
    } catch {
      trial.discard()
      throw error
    }
  }

  private func takeOver(_ trial: AcceptanceTrial) throws {
    let (position, generation) = try trial.promote()
    step(5, "the candidate took over in '\(trial.run.name)' at frame position \(position), generation \(generation)")
  }

  private func endDryRun(_ trial: AcceptanceTrial, _ folder: inout NormalFolder) throws {
    step(5, "the candidate would take over; --dry-run ends here, and leaves nothing behind")
    folder.takeBack()
    unlink(PathText.bytes(trial.candidate))
  }

  /// The candidate has taken over: the next start shall read it, too.
  private func keep(
    _ trial: AcceptanceTrial, _ folder: inout NormalFolder, _ console: Console
  ) throws {
    let run = trial.run
    var item = Acceptance(
      graph: run.name, node: run.node, time: wallTimeText(WallClock.now), previous: run.model,
      candidate: trial.candidate,
      sounds: folder.added)
    if let model = run.lasting {
      let copy = name(model, "before")
      do {
        try WholeFile.copy(model, to: copy)
        try WholeFile.copy(trial.candidate, to: model, replaces: true)
        (item.model, item.copy) = (model, copy)
        step(
          6, "\(model.seenFromHere) is the new model, also at the next start; the earlier one is \(copy.seenFromHere)")
      } catch {
        console.warning(error.description)
      }
    }
    if item.model == nil {
      step(6, "for the next start, name \(trial.candidate.seenFromHere) as the `model` of '\(run.node)'")
    }
    do {
      try folder.list.add(item)
      Output.line(
        "take it back: auscult accept --undo" + (normal == "normal" ? "" : " --normal \(ShellText.word(normal))"))
    } catch let failure as Failure {
      console.warning("--undo will not know of this: \(failure.text)")
    }
  }

  // MARK: Undo

  private func takeBack(_ console: Console) throws {
    let folder = absolute(normal)
    var list = try AcceptanceList(folder: folder)
    guard let index = list.items.lastIndex(where: { graph == nil || $0.graph == graph }) else {
      throw Failure(
        "nothing was accepted into \(normal.shown)" + (graph.map { " for '\($0)'" } ?? ""),
        advice: "name the folder by --normal")
    }
    try AcceptanceUndo(folder: folder, item: list.items[index], console: console).run()
    try list.remove(index)
  }

  // MARK: Names

  /// Where the present model has learned from other sound than is there.
  private func warnOfForgotten(_ folder: NormalFolder, _ run: LearningRun, _ console: Console) throws {
    let learned = LearnedSound(run.header)
    let missing = learned.missing(among: folder.sounds)
    guard !learned.isEmpty, !missing.isEmpty, !calibrate else { return }
    let names = missing.prefix(3).joined(separator: ", ") + (missing.count > 3 ? " and \(missing.count - 3) more" : "")
    guard missing.count < learned.count else {
      throw Failure(
        "\(normal.shown): has none of the sound that '\(run.node)' has learned from (\(names)); it would forget it",
        advice: "name the folder that it was trained on by --normal")
    }
    console.warning(
      "\(normal.shown): lacks sound that '\(run.node)' has learned from, and that it will forget: \(names)")
  }

  private func candidate(of run: LearningRun) -> String { name(run.lasting ?? run.model, "accepted") }

  /// "fan.safetensors" -> "fan.accepted-20261121T093001.664Z.safetensors"
  private func name(_ model: String, _ what: String) -> String {
    let ending = ".safetensors"
    let stem = model.hasSuffix(ending) ? String(model.dropLast(ending.count)) : model
    return "\(stem).\(what)-\(ClipName.compact(WallClock.now))\(ending)"
  }

  private func absolute(_ path: String) -> String {
    LinkedPath.resolved(path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)")
  }
}
