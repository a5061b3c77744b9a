import CNodeABI
import IsolationMessages
import NodeABI

/// trainer/1 and report/1 of an isolated node. A training has no limit of time: its progress is shown, and it can be
/// ended there. Thread: control.
extension IsolatedNode {
  func begin(_ training: UnsafePointer<auscult_training>, _ failure: UnsafeMutablePointer<auscult_error>?) -> Bool {
    exclusively {
      answers.training = training
      if !history.isTraining {
        // A process that may take the memory of a training.
        history.isTraining = true
        process?.stop()
        process = nil
        answers.closeModels()
      }
      let facts = training.pointee
      var message = MessageWriter()
      message.add(texts: facts.machines, count: Int(facts.machine_count))
      message.add(texts: facts.labels, count: Int(facts.label_count))
      message.add(format: facts.format.pointee)
      message.add(facts.seed)
      message.add(hasMember(facts.size, \auscult_training.memory) ? facts.memory : 0)
      return control(.begin, message.bytes, failure) != nil
    }
  }

  func take(_ examples: UnsafePointer<auscult_examples>, _ failure: UnsafeMutablePointer<auscult_error>?) -> Bool {
    exclusively {
      let facts = examples.pointee
      let (count, width) = (Int(facts.count), Int(facts.width))
      var message = MessageWriter()
      message.add(facts.machine)
      message.add(facts.count)
      message.add(facts.width)
      message.add(facts.labels != nil)
      if let labels = facts.labels { message.add(plain: UnsafeRawBufferPointer(start: labels, count: count * 4)) }
      message.add(facts.recordings != nil)
      if let list = facts.recordings { message.add(plain: UnsafeRawBufferPointer(start: list, count: count * 4)) }
      if let values = facts.values {
        message.add(plain: UnsafeRawBufferPointer(start: values, count: count * width * 4))
      } else {
        for index in 0..<count {
          message.add(plain: UnsafeRawBufferPointer(start: facts.tokens[index]!, count: width * 4))
        }
      }
      return trains(.take, message.bytes, failure)
    }
  }

  func fit(_ failure: UnsafeMutablePointer<auscult_error>?) -> Bool { exclusively { trains(.fit, [], failure) } }

  func write(_ writer: UnsafePointer<auscult_model_writer>, _ failure: UnsafeMutablePointer<auscult_error>?) -> Bool {
    exclusively {
      answers.writer = writer
      defer { answers.writer = nil }
      return trains(.write, [], failure)
    }
  }

  func endTraining() {
    exclusively {
      if let process, !process.hasEnded { _ = try? ask(.end, [], of: process) }
      answers.training = nil
    }
  }

  func report(_ sink: UnsafePointer<auscult_report_sink>, _ failure: UnsafeMutablePointer<auscult_error>?) -> Bool {
    exclusively {
      answers.report = sink
      defer { answers.report = nil }
      return control(.report, [], failure) != nil
    }
  }

  /// A call that continues a training: a new process would know nothing of it.
  private func trains(
    _ kind: MessageKind, _ bytes: [UInt8], _ failure: UnsafeMutablePointer<auscult_error>?
  ) -> Bool {
    guard process != nil else {
      failure?.pointee.set("its process \(restarts.lastEnd.text), and with it the training")
      return false
    }
    return control(kind, bytes, failure) != nil
  }
}
