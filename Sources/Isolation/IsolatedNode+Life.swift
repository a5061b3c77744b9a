import CNodeABI
import IsolationMessages
import NodeABI
import RealtimeCore

/// The calls of a node's life, apart from `process`. Thread: control.
extension IsolatedNode {
  func create(_ failure: UnsafeMutablePointer<auscult_error>?) -> Bool {
    exclusively { control(.create, history.create, failure) != nil }
  }

  func configure(
    _ setup: UnsafePointer<auscult_setup>, _ answer: UnsafeMutablePointer<auscult_answer>,
    _ failure: UnsafeMutablePointer<auscult_error>?
  ) -> Bool {
    exclusively {
      var message = MessageWriter()
      message.add(setup: setup.pointee, answer: answer.pointee)
      history.configure = nil
      guard var reader = control(.configure, message.bytes, failure) else { return false }
      let bytes = reader.bytes
      answerArena = Arena()
      if let program { program.answer(setup.pointee, answer) } else { reader.answer(answer, answerArena) }
      if let fault = fault(reader, setup.pointee, answer.pointee) {
        failure?.pointee.set(fault)
        return false
      }
      (history.configure, history.answer) = (message.bytes, bytes)
      history.declared = Int(clamping: answer.pointee.memory)
      losses.rate = Int64(setup.pointee.driver_rate)
      answers.farthest = Positions.farthest(rate: setup.pointee.driver_rate)
      if setup.pointee.input_count > 0 {
        shape = (Int(setup.pointee.inputs[0].rows), Int(setup.pointee.inputs[0].columns))
      }
      return giveMemory(failure)
    }
  }

  /// A node that needs more than its process may take gets another process.
  private func giveMemory(_ failure: UnsafeMutablePointer<auscult_error>?) -> Bool {
    guard let process, history.memoryLimit > process.memoryLimit else { return true }
    process.stop()
    self.process = nil
    answers.closeModels()
    do throws(ProcessEnd) {
      install(try start(history))
      return true
    } catch {
      failure?.pointee.set("its process \(error.text)")
      return false
    }
  }

  private func fault(_ reader: MessageReader, _ setup: auscult_setup, _ answer: auscult_answer) -> String? {
    if reader.isBad { return "its process gave an answer that cannot be read" }
    if answer.external_inputs > 0 || answer.external_outputs > 0 {
      return "takes samples from the driver or gives it some: such a node cannot have a process of its own; leave out "
        + "'isolate'"
    }
    let channels = setup.input_count > 0 ? setup.inputs[0].channels : 0
    if let map = answer.channel_map, answer.output_count > 0,
      (0..<Int(answer.outputs[0].channels)).contains(where: { map[$0] >= channels })
    {
      return "its process answered with a channel that its input does not have"
    }
    if answer.latency < 0 || answer.history < 0 || answer.reach < -1 {
      return "its process answered with a negative number of frames"
    }
    // The engine adds and multiplies these; formats have limits of their own.
    if [answer.latency, answer.history, answer.reach].contains(where: { $0 > Self.mostFrames }) {
      return "its process answered with a number of frames that cannot be"
    }
    let isOtherRate = (0..<Int(answer.output_count)).contains { answer.outputs[$0].driver_rate != setup.driver_rate }
    return isOtherRate ? "its process answered with another rate of the driver" : nil
  }

  /// Years, at any rate.
  private static let mostFrames: Int64 = 1 << 42

  func activate(_ failure: UnsafeMutablePointer<auscult_error>?) -> Bool {
    exclusively {
      lastFailure = nil
      losses.begin(outputs: nodeClass.original.outputs.count)
      history.tuning = nil
      history.isActive = false
      history.isActive = control(.activate, [], failure) != nil
      return history.isActive
    }
  }

  func deactivate() {
    exclusively {
      history.isActive = false
      awaitStart()
      guard let process, !process.hasEnded else { return }
      do throws(ProcessEnd) { _ = try ask(.deactivate, [], of: process) } catch { noteEnd(error) }
    }
  }

  /// Thread: worker.
  func reset() {
    exclusively {
      guard let process, !process.hasEnded else { return }
      do throws(ProcessEnd) { _ = try ask(.reset, [], of: process) } catch { noteEnd(error) }
    }
  }

  // MARK: state/1 and explain/1

  func save(_ sink: UnsafePointer<auscult_state_sink>, _ failure: UnsafeMutablePointer<auscult_error>?) -> Bool {
    exclusively {
      guard let reader = control(.save, [], failure) else { return false }
      return reader.bytes.withUnsafeBytes { sink.pointee.write(sink, $0.baseAddress, UInt64($0.count)) } == AUSCULT_OK
    }
  }

  func restore(_ bytes: UnsafeRawBufferPointer, _ failure: UnsafeMutablePointer<auscult_error>?) -> Bool {
    exclusively { control(.restore, Array(bytes), failure) != nil }
  }

  /// - Parameter counts: how many values go to each result.
  func explain(
    _ kind: MessageKind, channel: UInt32, _ token: UnsafePointer<Float>,
    _ results: [(UnsafeMutablePointer<Float>, count: Int)], _ failure: UnsafeMutablePointer<auscult_error>?
  ) -> Bool {
    exclusively {
      var message = MessageWriter()
      message.add(channel)
      message.add(plain: UnsafeRawBufferPointer(start: token, count: shape.rows * shape.columns * 4))
      guard var reader = control(kind, message.bytes, failure) else { return false }
      for (result, count) in results {
        reader.plain(count * 4).withUnsafeBytes {
          if let from = $0.baseAddress { UnsafeMutableRawPointer(result).copyMemory(from: from, byteCount: $0.count) }
        }
      }
      if reader.isBad { failure?.pointee.set("its process gave an answer that cannot be read") }
      return !reader.isBad
    }
  }

  // MARK: tune/1

  /// Prepared values in this process: their number in the other one, and the arguments, from which a new process
  /// prepares them again.
  final class Values {
    let message: [UInt8]
    init(_ message: [UInt8]) { self.message = message }
  }

  func prepare(
    _ count: UInt32, _ arguments: UnsafePointer<auscult_argument>?, _ failure: UnsafeMutablePointer<auscult_error>?
  ) -> Values? {
    exclusively {
      lastTuning += 1
      var message = MessageWriter()
      message.add(lastTuning)
      message.add(arguments: arguments, count: count)
      return control(.prepare, message.bytes, failure).map { _ in Values(message.bytes) }
    }
  }

  /// Thread: worker.
  func apply(_ values: Values) {
    exclusively {
      history.tuning = values.message
      guard let process, !process.hasEnded else { return }
      do throws(ProcessEnd) { _ = try ask(.apply, values.message, of: process) } catch { noteEnd(error) }
    }
  }

  func dispose(_ values: Values) {
    exclusively {
      awaitStart()
      guard let process, !process.hasEnded else { return }
      do throws(ProcessEnd) { _ = try ask(.dispose, Array(values.message.prefix(4)), of: process) } catch {
        noteEnd(error)
      }
    }
  }
}
