import CNodeABI
import IsolationMessages
import NodeABI
import RealtimeCore

/// The work of an isolated node. Thread: worker.
extension IsolatedNode {
  func process(_ cycle: UnsafeMutablePointer<auscult_cycle>) -> auscult_status {
    exclusively {
      hasNoDeadline = (cycle.pointee.clock?.pointee.flags ?? 0) & AUSCULT_CLOCK_NO_DEADLINE != 0
      if let text = lastFailure { return fail(cycle, text) }
      if let process, process.hasEnded { noteEnd(process.reason) }
      if process == nil {
        if hasNoDeadline, restarts.endsAlways { return giveUp(cycle) }
        revive()
      }
      guard let process else { return lose(cycle) }
      do throws(ProcessEnd) {
        if let text = try work(process, cycle) { return fail(cycle, text) }
        restarts.noteGoodCall()
        losses.noteGoodCall(cycle, reportLost)
        return AUSCULT_OK
      } catch {
        process.stop()
        noteEnd(error)
        return lose(cycle)
      }
    }
  }

  /// Without a deadline the node waits for its new process, so that no result depends on how long it takes to start.
  private func revive() {
    if hasNoDeadline {
      awaitStart()
      guard process == nil else { return }
      do throws(ProcessEnd) { install(try start(history)) } catch { noteEnd(error) }
    } else if !restarts.isStarting, restarts.isDue {
      startInBackground()
    }
  }

  private func giveUp(_ cycle: UnsafeMutablePointer<auscult_cycle>) -> auscult_status {
    fail(cycle, "its process has ended again and again: it \(restarts.lastEnd.text)")
  }

  /// Fails for good: the engine quarantines the node. What is lost before this call is reported first.
  private func fail(_ cycle: UnsafeMutablePointer<auscult_cycle>, _ text: String) -> auscult_status {
    if lastFailure == nil, losses.arePending {
      lastFailure = text
      return lose(cycle, isLast: true)
    }
    failure = Arena()
    cycle.pointee.failure = failure.text(text)
    return AUSCULT_FAILED
  }

  /// The tokens of this call are lost.
  private func lose(_ cycle: UnsafeMutablePointer<auscult_cycle>, isLast: Bool = false) -> auscult_status {
    for index in 0..<Int(cycle.pointee.output_count) { cycle.pointee.outputs[index]!.pointee.count = 0 }
    losses.noteLostCall(cycle, isLast: isLast, reportLost)
    return cycle.pointee.output_count == 0 ? AUSCULT_OK : HostStatus.lost
  }

  /// Tokens that a sink has lost.
  private func reportLost(_ begin: Int64, _ end: Int64, _ count: UInt64) {
    host.pointee.extension(host, AUSCULT_OUTAGES)?.assumingMemoryBound(to: auscult_outages.self)
      .pointee.lost(host, begin, end, count)
  }

  // MARK: The call

  /// - Returns: why the node has failed; nil: it has not.
  private func work(
    _ process: NodeProcess, _ cycle: UnsafeMutablePointer<auscult_cycle>
  ) throws(ProcessEnd) -> String? {
    if mustReopen.exchange(false, ordering: .acquiringAndReleasing) { _ = try ask(.reopen, [], of: process) }
    var space = BlockSpace(process.sharedMemory)
    var outputs: [BlockRecord] = []
    let message: MessageWriter
    do {
      message = try write(cycle, &space, &outputs)
    } catch {
      throw ProcessEnd(cause: .brokeRules("has no room for the blocks of one call, more than 1 GiB"), call: "process")
    }
    var (status, answer) = try ask(.process, message.bytes, of: process)
    let text = answer.optionalText() ?? ""
    guard status == AUSCULT_OK else {
      return text.isEmpty ? "failed and gave no reason" : text
    }
    for (index, record) in outputs.enumerated() {
      let block = cycle.pointee.outputs[index]!
      let (count, flags, learned) = (answer.number(UInt32.self), answer.number(UInt32.self), answer.number(Int64.self))
      let isLearning = flags & AUSCULT_BLOCK_LEARNING != 0
      let place = isLearning ? min(max(0, learned), answers.farthest) : nil
      let fault =
        answer.isBad
        ? "gave an answer that cannot be read"
        : space.take(record, count: count, learned: place, into: block) ?? OutputCheck.fault(block)
      if let fault { throw ProcessEnd(cause: .brokeRules(fault), call: "process") }
      program?.finish(block.pointee)
    }
    return nil
  }

  private func write(
    _ cycle: UnsafeMutablePointer<auscult_cycle>, _ space: inout BlockSpace, _ outputs: inout [BlockRecord]
  ) throws -> MessageWriter {
    var message = MessageWriter()
    var tail = MessageWriter()
    message.add(cycle.pointee.input_count)
    message.add(cycle.pointee.output_count)
    let clock = cycle.pointee.clock?.pointee ?? auscult_clock()
    message.add(clock.position)
    message.add(clock.frames)
    message.add(clock.flags)
    for index in 0..<Int(cycle.pointee.input_count) {
      let block = cycle.pointee.inputs[index]!
      var record = try space.put(block)
      describe(block.pointee, at: index, &record, &tail)
      message.add(block: record)
    }
    for index in 0..<Int(cycle.pointee.output_count) {
      let block = cycle.pointee.outputs[index]!.pointee
      var record = try space.reserve(block)
      describe(block, at: 1000 + index, &record, &tail)
      message.add(block: record)
      program?.prepare(record, block, process!.sharedMemory)
      outputs.append(record)
    }
    message.add(tail)
    return message
  }

  /// What of a block is not a plain number comes after all records.
  private func describe(_ block: auscult_block, at place: Int, _ record: inout BlockRecord, _ tail: inout MessageWriter)
  {
    record.isDescribed = described.isNew(block, at: place)
    if record.isDescribed {
      tail.add(format: block.format.pointee)
      tail.add(producer: block.producer?.pointee)
    }
    if block.flags & AUSCULT_BLOCK_GAP != 0 { tail.add(text: block.gap.node) }
  }
}
