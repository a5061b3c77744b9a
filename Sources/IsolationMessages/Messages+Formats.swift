import CNodeABI
import RealtimeCore

/// Formats in messages: the numbers first, so that a program in any language finds them at fixed places.
extension MessageWriter {
  public mutating func add(format: auscult_format) {
    add(format.kind)
    add(format.channels)
    add(format.rows)
    add(format.columns)
    add(format.driver_rate)
    add(format.stamp)
    add(format.scale)
    add(format.silent_share)
    add(format.denominator)
    add(format.period)
    add(format.extent)
    add(format.offset)
    add(format.lookahead)
    let count = format.frequencies == nil ? 0 : format.frequency_count
    add(count)
    if count > 0 {
      add(plain: UnsafeRawBufferPointer(start: format.frequencies, count: Int(count) * MemoryLayout<Float>.size))
    }
    add(texts: format.machines, count: Int(format.channels))
  }

  public mutating func add(producer: auscult_producer?) {
    add(producer != nil)
    guard let producer else { return }
    add(text: producer.node)
    add(text: producer.class_name)
    add(text: producer.library)
    add(text: producer.model)
    add(texts: producer.class_names, count: Int(producer.class_name_count))
  }
}

extension MessageReader {
  package mutating func format(_ arena: Arena) -> auscult_format {
    var format = auscult_format()
    format.size = UInt32(MemoryLayout<auscult_format>.size)
    format.kind = number()
    format.channels = number()
    format.rows = number()
    format.columns = number()
    format.driver_rate = number()
    format.stamp = number()
    format.scale = number()
    format.silent_share = number()
    format.denominator = number()
    format.period = number()
    format.extent = number()
    format.offset = number()
    format.lookahead = number()
    let count = count(least: 4)
    if count > 0 {
      let values = arena.array(Float.self, count: count)
      plain(count * 4).withUnsafeBytes {
        if let from = $0.baseAddress { UnsafeMutableRawPointer(values).copyMemory(from: from, byteCount: $0.count) }
      }
      format.frequencies = UnsafePointer(values)
      format.frequency_count = UInt32(count)
    }
    let machines = nativeTexts(arena)
    // One for each channel, or none.
    if machines.count == Int(format.channels) { format.machines = machines.texts }
    return format
  }

  package mutating func producer(_ arena: Arena) -> UnsafePointer<auscult_producer>? {
    guard flag() else { return nil }
    var producer = auscult_producer()
    producer.size = UInt32(MemoryLayout<auscult_producer>.size)
    producer.node = nativeText(arena)
    producer.class_name = nativeText(arena)
    producer.library = nativeText(arena)
    producer.model = nativeText(arena)
    let names = nativeTexts(arena)
    producer.class_names = names.texts
    producer.class_name_count = UInt32(names.count)
    return UnsafePointer(arena.array([producer]))
  }
}
