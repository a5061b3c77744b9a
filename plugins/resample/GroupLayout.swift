import CKernels

/// Which output samples a filter computes together: groups of up to KERNEL_FIR_ROWS, the same in every period.
struct GroupLayout {
  /// Output samples of each group, since the start of the stream: first the groups of the start, then those of a
  /// period, which repeat.
  let groups: [Range<Int>]
  /// Groups at the start that have their own rows.
  let starts: Int
  private let ratio: Ratio
  /// Output samples of a period: all phases, several times if they are fewer than a group.
  private let outputs: Int

  /// - Parameter starts: output samples at the start that have their own rows.
  init(_ ratio: Ratio, starts: Int) {
    let size = Int(KERNEL_FIR_ROWS)
    let outputs = ratio.up < size ? ratio.up * size : ratio.up
    var own: [Range<Int>] = []
    var end = 0
    while end < starts {
      own.append(end..<min(end + size, (end / outputs + 1) * outputs))
      end = own.last!.upperBound
    }
    groups = own + stride(from: 0, to: outputs, by: size).map { $0..<min($0 + size, outputs) }
    self.starts = own.count
    self.ratio = ratio
    self.outputs = outputs
  }

  /// Input samples of a period.
  private var period: Int { outputs / ratio.up * ratio.down }

  /// The most input samples between two output samples of a group.
  var span: Int {
    groups.map { ratio.inputIndex($0.upperBound - 1) - ratio.inputIndex($0.lowerBound) }.max()!
  }

  /// The entry of group `index` in the table.
  func entry(_ index: Int, rows: UnsafePointer<Float>) -> FilterTable.Group {
    let range = groups[index]
    let periods = range.lowerBound / outputs
    let isLast = range.upperBound % outputs == 0
    return FilterTable.Group(
      rows: rows, count: range.count, output: range.lowerBound - periods * outputs,
      first: ratio.inputIndex(range.lowerBound) - periods * period,
      last: ratio.inputIndex(range.upperBound - 1) - periods * period, next: next(index), advance: isLast ? period : 0)
  }

  /// The group that follows group `index`.
  private func next(_ index: Int) -> Int {
    if index + 1 < starts { return index + 1 }
    let place = index < starts ? index : index - starts
    return starts + (place + 1) % (groups.count - starts)
  }
}
