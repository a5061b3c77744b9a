import CNodeABI
import IsolationMessages
import NodeABI
import RealtimeCore

/// Runs a function of the ABI, and writes what it throws to the error.
private func attempt(_ error: UnsafeMutablePointer<auscult_error>?, _ body: () throws -> Void) -> auscult_status {
  do {
    try body()
    return AUSCULT_OK
  } catch let problem {
    error?.pointee.set((problem as? NodeProblem)?.text ?? "\(problem)")
    return AUSCULT_FAILED
  }
}

/// models/1 in this process: the host opens and checks the files; what a node asks for is copied here.
final class ModelTable: @unchecked Sendable {
  static let shared = ModelTable()

  let table: UnsafeRawPointer
  private let arena = Arena()

  /// An opened model: its number, and copies of what was asked of it.
  private final class Model {
    let number: UInt32
    let arena = Arena()
    var tensors: [String: auscult_tensor] = [:]

    init(_ number: UInt32) { self.number = number }

    static func of(_ pointer: OpaquePointer?) -> Model {
      Unmanaged<Model>.fromOpaque(UnsafeRawPointer(pointer!)).takeUnretainedValue()
    }

    /// Asks about this model. `add` adds to the message.
    func ask(_ kind: MessageKind, _ add: (inout MessageWriter) -> Void = { _ in }) -> (
      status: Int32, answer: MessageReader
    )? {
      var message = MessageWriter()
      message.add(number)
      add(&message)
      return NodeServer.shared.ask(kind, message)
    }

    func text(_ kind: MessageKind, _ add: (inout MessageWriter) -> Void = { _ in }) -> UnsafePointer<CChar>? {
      guard case (AUSCULT_OK, var answer)? = ask(kind, add) else { return nil }
      return answer.nativeText(arena)
    }

    func tensor(_ machine: Int32, _ name: UnsafePointer<CChar>?) throws -> auscult_tensor {
      let key = "\(machine) \(name.map { String(cString: $0) } ?? "")"
      if let known = tensors[key] { return known }
      let asked = ask(.tensor) { message in
        message.add(UInt32(bitPattern: machine))
        message.add(text: name)
      }
      guard let asked else { throw NodeProblem("models are read on the thread of the call only") }
      var answer = asked.answer
      guard asked.status == AUSCULT_OK else { throw NodeProblem(answer.text()) }
      var tensor = auscult_tensor()
      tensor.type = answer.number()
      let shape = (0..<answer.count(least: 8)).map { _ in answer.number(UInt64.self) }
      tensor.rank = UInt32(shape.count)
      tensor.shape = UnsafePointer(arena.array(shape))
      let count = shape.reduce(tensor.type == AUSCULT_FLOAT32 ? 4 : 8) { $0 * Int($1) }
      let data = arena.raw(bytes: count)
      answer.plain(count).withUnsafeBytes {
        if let from = $0.baseAddress { data.copyMemory(from: from, byteCount: $0.count) }
      }
      tensor.data = UnsafeRawPointer(data)
      tensors[key] = tensor
      return tensor
    }
  }

  private init() { table = UnsafeRawPointer(arena.array([Self.functions])) }

  private static var functions: auscult_models {
    auscult_models(
      size: UInt32(MemoryLayout<auscult_models>.size),
      open: { _, path, model, error in
        attempt(error) {
          var message = MessageWriter()
          message.add(text: path)
          guard let asked = NodeServer.shared.ask(.openModel, message) else {
            throw NodeProblem("models are opened on the thread of the call only")
          }
          var answer = asked.answer
          guard asked.status == AUSCULT_OK else { throw NodeProblem(answer.text()) }
          model!.pointee = OpaquePointer(Unmanaged.passRetained(Model(answer.number())).toOpaque())
        }
      },
      close: { pointer in
        guard let pointer else { return }
        let model = Unmanaged<Model>.fromOpaque(UnsafeRawPointer(pointer)).takeRetainedValue()
        var message = MessageWriter()
        message.add(model.number)
        NodeServer.shared.tell(.closeModel, message)
      },
      machine: { pointer, name in
        guard case (AUSCULT_OK, var answer)? = Model.of(pointer).ask(.machine, { $0.add(text: name) })
        else { return -1 }
        return answer.number()
      },
      machines: { Model.of($0).text(.machines) },
      tensor: { pointer, machine, name, tensor, error in
        attempt(error) {
          let size = tensor!.pointee.size
          tensor!.pointee = try Model.of(pointer).tensor(machine, name)
          tensor!.pointee.size = size
        }
      },
      text: { pointer, key in Model.of(pointer).text(.modelText) { $0.add(text: key) } },
      threshold: { pointer, machine in
        guard var (_, answer) = Model.of(pointer).ask(.threshold, { $0.add(UInt32(bitPattern: machine)) }) else {
          return .nan
        }
        return answer.real()
      },
      labels: { pointer in
        let model = Model.of(pointer)
        guard var (_, answer) = model.ask(.labels) else { return nil }
        return answer.nativeTexts(model.arena).texts ?? model.arena.texts([])
      },
      digest: { Model.of($0).text(.digest) })
  }
}
