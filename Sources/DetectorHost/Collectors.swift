import CNodeABI
import GraphCompiler
import GraphEngine
import Models

/// Collects what a trainer writes. Refuses values that are not finite and names that are not plain words.
package final class ModelCollector {
  package private(set) var result = DetectorTrainer.Result()

  package init() {}

  package var native: auscult_model_writer {
    auscult_model_writer(
      size: UInt32(MemoryLayout<auscult_model_writer>.size), context: Unmanaged.passUnretained(self).toOpaque(),
      tensor: { writer, machine, name, type, rank, shape, data in
        ModelCollector.of(writer!.pointee.context).add(
          machine < 0 ? nil : Int(machine), String(cString: name!), type,
          (0..<Int(rank)).map { Int(clamping: shape![$0]) }, data!)
      },
      text: { writer, key, text in
        ModelCollector.of(writer!.pointee.context).result.texts[String(cString: key!)] = String(cString: text!)
        return AUSCULT_OK
      })
  }

  private static func of(_ context: UnsafeMutableRawPointer) -> ModelCollector {
    Unmanaged<ModelCollector>.fromOpaque(context).takeUnretainedValue()
  }

  private func add(_ machine: Int?, _ name: String, _ type: UInt32, _ shape: [Int], _ data: UnsafeRawPointer)
    -> auscult_status
  {
    let isPlain = !name.isEmpty && name.utf8.allSatisfy { isWordByte($0) }
    guard isPlain, type == AUSCULT_FLOAT32 || type == AUSCULT_FLOAT64, let count = product(shape) else {
      return AUSCULT_FAILED
    }
    let kind: Tensor.Kind = type == AUSCULT_FLOAT32 ? .float32 : .float64
    let bytes = UnsafeRawBufferPointer(start: data, count: count * kind.bytes)
    let isFinite =
      kind == .float32
      ? bytes.bindMemory(to: Float.self).allSatisfy(\.isFinite)
      : bytes.bindMemory(to: Double.self).allSatisfy(\.isFinite)
    guard isFinite, count > 0 else { return AUSCULT_FAILED }
    result.tensors[ModelFile.tensorName(name, machine: machine)] = Tensor(kind: kind, shape: shape, bytes: Array(bytes))
    return AUSCULT_OK
  }

  private func product(_ shape: [Int]) -> Int? {
    var count = 1
    for size in shape {
      let (next, overflows) = count.multipliedReportingOverflow(by: size)
      guard !overflows, next <= 1 << 34 else { return nil }
      count = next
    }
    return count
  }
}

private func isWordByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
    true
  default: false
  }
}

/// Collects a class's figures, except those that are not finite.
final class FigureCollector {
  var figures: [DetectorFigure] = []

  var native: auscult_report_sink {
    auscult_report_sink(
      size: UInt32(MemoryLayout<auscult_report_sink>.size), context: Unmanaged.passUnretained(self).toOpaque(),
      figure: { sink, of, name, value in
        guard value.isFinite else { return }
        Unmanaged<FigureCollector>.fromOpaque(sink!.pointee.context).takeUnretainedValue().figures.append(
          DetectorFigure(of: String(cString: of!), name: String(cString: name!), value: value))
      })
  }
}
