import GraphEngine

extension SwapPlan {
  /// "judge re-warmed, log kept": the nodes by what happens to them.
  var words: String {
    let actions = [NodeChange.Action.retuned, .rewarmed, .added, .removed]
    let parts = actions.compactMap { action -> String? in
      let names = changes.filter { $0.action == action }.map(\.node)
      return names.isEmpty ? nil : "\(names.joined(separator: ", ")) \(action.rawValue)"
    }
    return parts.isEmpty ? "all nodes kept" : parts.joined(separator: "; ")
  }
}
