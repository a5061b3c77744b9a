import CNodeABI
import Models
import NodeABI

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The table that `auscult_host.extension` returns for `models/1`.
package func hostAbility(_ name: String) -> UnsafeRawPointer? {
  name == AUSCULT_MODELS ? UnsafeRawPointer(modelAbility.table) : nil
}

private struct ModelAbility: @unchecked Sendable {
  let table: UnsafeMutablePointer<auscult_models>
}

private let modelAbility: ModelAbility = {
  let table = UnsafeMutablePointer<auscult_models>.allocate(capacity: 1)
  table.initialize(
    to: auscult_models(
      size: UInt32(MemoryLayout<auscult_models>.size), open: openModel, close: closeModel, machine: machineIndex,
      machines: { OpenedModel.of($0).machineList },
      tensor: tensor, text: { model, key in OpenedModel.of(model).text(String(cString: key!)) },
      threshold: { model, machine in
        let machines = OpenedModel.of(model).file.header.machines
        guard machine >= 0, Int(machine) < machines.count else { return .nan }
        return machines[Int(machine)].threshold ?? .nan
      },
      labels: { OpenedModel.of($0).labels }, digest: { OpenedModel.of($0).digest }))
  return ModelAbility(table: table)
}()

/// A model file for the ABI, with C texts that live as long as it does.
private final class OpenedModel {
  let file: OpenModel
  let machineList: UnsafePointer<CChar>
  let labels: UnsafePointer<UnsafePointer<CChar>?>
  private(set) lazy var digest: UnsafePointer<CChar> = arena.text(file.digest)
  private var texts: [String: UnsafePointer<CChar>] = [:]
  private let arena = Arena()

  package init(_ file: OpenModel) {
    self.file = file
    machineList = arena.text(file.header.machines.map { "'\($0.name)'" }.joined(separator: ", "))
    labels = arena.texts(file.header.labels)
  }

  static func of(_ pointer: OpaquePointer?) -> OpenedModel {
    Unmanaged<OpenedModel>.fromOpaque(UnsafeRawPointer(pointer!)).takeUnretainedValue()
  }

  package func text(_ key: String) -> UnsafePointer<CChar>? {
    if let text = texts[key] { return text }
    guard let text = file.header.texts[key] else { return nil }
    let copy = arena.text(text)
    texts[key] = copy
    return copy
  }

  /// A shape for the ABI. It lives as long as the model.
  func shape(_ shape: [Int]) -> UnsafePointer<UInt64> { UnsafePointer(arena.array(shape.map { UInt64($0) })) }
}

private let openModel:
  @convention(c) (
    UnsafePointer<auscult_host>?, UnsafePointer<CChar>?, UnsafeMutablePointer<OpaquePointer?>?,
    UnsafeMutablePointer<auscult_error>?
  ) -> auscult_status = { _, path, result, error in
    do {
      let model = OpenedModel(try OpenModel(path: String(cString: path!)))
      result!.pointee = OpaquePointer(Unmanaged.passRetained(model).toOpaque())
      return AUSCULT_OK
    } catch let problem {
      return refuse("\(problem)", error)
    }
  }

private let closeModel: @convention(c) (OpaquePointer?) -> Void = { model in
  guard let model else { return }
  Unmanaged<OpenedModel>.fromOpaque(UnsafeRawPointer(model)).release()
}

private let machineIndex: @convention(c) (OpaquePointer?, UnsafePointer<CChar>?) -> Int32 = { model, name in
  let name = String(cString: name!)
  return Int32(OpenedModel.of(model).file.header.machines.firstIndex { $0.name == name } ?? -1)
}

private let tensor:
  @convention(c) (
    OpaquePointer?, Int32, UnsafePointer<CChar>?, UnsafeMutablePointer<auscult_tensor>?,
    UnsafeMutablePointer<auscult_error>?
  ) -> auscult_status = { pointer, machine, name, result, error in
    let model = OpenedModel.of(pointer)
    let name = String(cString: name!)
    let full = ModelFile.tensorName(name, machine: machine < 0 ? nil : Int(machine))
    guard let (kind, shape, bytes) = model.file.tensor(full) else {
      return refuse("\(model.file.path): has no tensor '\(name)': it belongs to another detector; train again", error)
    }
    guard model.file.isFinite(full) else {
      return refuse("\(model.file.path): its tensor '\(name)' holds a value that is not finite; train again", error)
    }
    guard !bytes.isEmpty, Int(bitPattern: bytes.baseAddress) % kind.bytes == 0 else {
      return refuse("\(model.file.path): its tensor '\(name)' is empty or not aligned; train again", error)
    }
    result!.pointee.type = kind == .float32 ? AUSCULT_FLOAT32 : AUSCULT_FLOAT64
    result!.pointee.rank = UInt32(shape.count)
    result!.pointee.shape = model.shape(shape)
    result!.pointee.data = bytes.baseAddress
    return AUSCULT_OK
  }

private func refuse(_ text: String, _ error: UnsafeMutablePointer<auscult_error>?) -> auscult_status {
  error?.pointee.set(text)
  return AUSCULT_FAILED
}
