import FoundationEssentials
import Glibc
import LiveControl
import Models
import OutputFiles
import RunControl
import TextEscapes

/// Takes back an acceptance: the model that was there before, in the file and in the run, and a folder of normal sound
/// without what had joined it.
struct AcceptanceUndo {
  let folder: String
  let item: Acceptance
  let console: Console

  /// The lines that say what was done. A step that is done already is skipped, so that it can be repeated.
  func run() throws {
    try restoreModel()
    try restoreRun()
    try moveSounds()
  }

  /// The file of the model, unless somebody has written another model there since.
  private func restoreModel() throws {
    guard let model = item.model, let copy = item.copy, FileState(copy) != nil else { return }
    if let now = try? OpenModel.digest(ofFile: model), now != (try? OpenModel.digest(ofFile: item.candidate)) {
      return console.warning("\(model): is another model by now, and stays; the earlier one is \(copy)")
    }
    guard rename(PathText.bytes(copy), PathText.bytes(model)) == 0 else {
      throw Failure(FileProblem("write", model, errno).description)
    }
    Output.line("\(model.seenFromHere) is the model again that it was before \(item.time)")
  }

  /// The run's detector, if it judges by the accepted model.
  private func restoreRun() throws {
    guard ControlClient.running().contains(where: { $0.name == item.graph }) else {
      return Output.line("'\(item.graph)' does not run: nothing is to be changed there")
    }
    _ = try RunLookup.settled(item.graph)
    let present = try RunLookup.client(item.graph) { try $0.call("source") }.overrides(of: "\(item.node).model")
    guard present.last == "\(item.node).model=\(item.candidate)" else {
      return Output.line("'\(item.graph)' judges by another model by now, and goes on with it")
    }
    var request = ChangeRequest(.swap)
    (request.node, request.values) = (item.node, ["model=\(item.previous)"])
    request.folder = FileManager.default.currentDirectoryPath
    guard try RunLookup.client(item.graph, { try ChangeClient($0, isJSON: false, isQuiet: true).follow(request) })
    else {
      throw Failure("'\(item.graph)' goes on with the accepted model")
    }
    guard try RunLookup.settled(item.graph)["stage"] == "done" else {
      throw Failure("'\(item.graph)' has returned to the accepted model: the earlier one failed")
    }
    Output.line("'\(item.graph)' judges by \(item.previous.seenFromHere) again")
  }

  /// Out of the folder, but not deleted: perhaps the sound is a fault's.
  private func moveSounds() throws {
    let sounds = item.sounds.filter { FileState($0) != nil }
    guard !sounds.isEmpty else { return }
    let place = "\(folder)/.taken-back"
    do {
      try OutputFolder.makeAll(place)
      for sound in sounds {
        var target = "\(place)/\(LinkedPath.split(sound).name)"
        while FileState(target) != nil { target += "_" }
        guard FileIdentity.rename(sound, to: target) else { throw FileProblem("move", sound, errno) }
      }
    } catch let problem as FileProblem {
      throw Failure(problem.description)
    }
    Output.line("\(Quantity.count(sounds.count, "recording")) left the normal sound for \(place.seenFromHere)")
  }
}

extension JSONValue {
  /// The overrides of a parameter in a run's source, as `node.parameter=value`, the latest last.
  fileprivate func overrides(of name: String) -> [String] {
    (self["overrides"]?.array ?? []).compactMap { $0["text"]?.text }.filter { $0.hasPrefix(name + "=") }
  }
}

extension String {
  /// A path for people: relative to the working directory, if it is below.
  var seenFromHere: String {
    let here = FileManager.default.currentDirectoryPath + "/"
    return (hasPrefix(here) ? String(dropFirst(here.count)) : self).shown
  }
}
