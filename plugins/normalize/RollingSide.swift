import CKernels
import CRealtime

/// How the last `window` tokens are kept: in blocks of about sqrt(window) rows.
struct RollingLayout: Equatable {
  /// Values in a row: one for all bands, or one for each.
  let width: Int
  /// Tokens that it covers, the current one included.
  let window: Int
  /// Rows of a block; at most `window`.
  let blockRows: Int
  /// Most blocks that a window can overlap.
  let blocks: Int

  init(width: Int, window: Int) {
    self.width = width
    self.window = window
    var side = 1
    while side * side < window { side += 1 }
    blockRows = side
    blocks = (window - 1 + side - 1) / side + 1
  }

  /// Floats of one side: the rows, a row for each block, and the result.
  var floats: Double { (Double(blocks) * Double(blockRows) + Double(blocks) + 1) * Double(width) }
}

/// The minimum, or the maximum, of the last tokens of one channel. A view of memory that the step owns.
struct RollingSide {
  private let layout: RollingLayout
  /// [blocks x blockRows x width], a ring
  private let rows: UnsafeMutablePointer<Float>
  /// The result of each block so far [blocks x width].
  private let blocks: UnsafeMutablePointer<Float>
  /// The result of the window [width].
  let result: UnsafeMutablePointer<Float>
  private let isMaximum: Bool

  @_noLocks @_noAllocation
  init(_ layout: RollingLayout, _ memory: UnsafeMutablePointer<Float>, isMaximum: Bool) {
    self.layout = layout
    self.isMaximum = isMaximum
    rows = memory
    blocks = memory + layout.blocks * layout.blockRows * layout.width
    result = blocks + layout.blocks * layout.width
  }

  /// Where a token's own minimum or maximum is written.
  @_noLocks @_noAllocation
  func row(_ token: Int) -> UnsafeMutablePointer<Float> {
    rows + token % (layout.blocks * layout.blockRows) * layout.width
  }

  @_noLocks @_noAllocation
  private func block(_ index: Int) -> UnsafeMutablePointer<Float> { blocks + index % layout.blocks * layout.width }

  /// Includes the row of the newest token.
  @_noLocks @_noAllocation
  func update(_ token: Int) {
    let newest = token / layout.blockRows
    if token % layout.blockRows == 0 { copy(block(newest), row(token)) } else { join(block(newest), row(token)) }

    let first = max(0, token - layout.window + 1)
    let firstWhole = (first + layout.blockRows - 1) / layout.blockRows
    copy(result, block(newest))
    var index = firstWhole
    while index < newest {
      join(result, block(index))
      index += 1
    }
    var old = first
    while old < firstWhole * layout.blockRows {
      join(result, row(old))
      old += 1
    }
  }

  @_noLocks @_noAllocation
  private func join(_ into: UnsafeMutablePointer<Float>, _ from: UnsafePointer<Float>) {
    if isMaximum { kernel_raise(into, from, layout.width) } else { kernel_lower(into, from, layout.width) }
  }

  @_noLocks @_noAllocation
  private func copy(_ into: UnsafeMutablePointer<Float>, _ from: UnsafePointer<Float>) {
    realtime_copy(into, from, layout.width * MemoryLayout<Float>.size)
  }
}
