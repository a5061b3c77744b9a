import CNodeABI

/// How the marks of a node's tokens follow from those of its input.
extension ScheduleDraft {
  /// Events, and tokens computed from events, have no marks.
  package func hasMarks(_ format: auscult_format, _ input: auscult_format) -> Bool {
    format.kind != AUSCULT_EVENT && input.kind != AUSCULT_EVENT
  }

  /// Whether each output token has the marks of exactly one input token, so that no history is needed.
  package func sharesMarks(_ node: Int, _ format: auscult_format, _ input: auscult_format) -> Bool {
    let factor = format.denominator / input.denominator
    let isSamePace =
      format.period == input.period * factor && format.extent == input.extent * factor
      && format.offset == input.offset * factor && format.channels == input.channels
    return isSamePace && incoming[node].count == 1 && configurations[node]!.channelMap.isEmpty
      && (format.kind == AUSCULT_AUDIO) == (input.kind == AUSCULT_AUDIO) && format.lookahead == input.lookahead
  }

  /// Whether marks of the latest input are kept.
  func keepsMarks(_ node: Int, _ format: auscult_format, _ input: auscult_format) -> Bool {
    hasMarks(format, input) && !sharesMarks(node, format, input)
  }
}
