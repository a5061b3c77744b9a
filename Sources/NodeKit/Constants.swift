/// Constants that the host reads. They live as long as the process, because plugins are never unloaded.
func constant<T>(_ value: T) -> UnsafePointer<T> { constants([value]) }

/// A table. Without values, its memory must not be read.
func constants<T>(_ values: [T]) -> UnsafePointer<T> {
  let memory = UnsafeMutablePointer<T>.allocate(capacity: max(1, values.count))
  memory.initialize(from: values, count: values.count)
  return UnsafePointer(memory)
}

func constant(_ text: String) -> UnsafePointer<CChar> { constants(Array(text.utf8CString)) }

/// Texts, with a null pointer after the last.
func constants(_ texts: [String]) -> UnsafePointer<UnsafePointer<CChar>?> {
  constants(texts.map { Optional(constant($0)) } + [nil])
}
