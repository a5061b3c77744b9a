import Glibc
import TextEscapes

/// The variables of our environment as `NAME=VALUE`, in the form of `PathText`: `spawn` passes on their very bytes.
public func environmentVariables() -> [String] {
  var variables: [String] = []
  var next = environ
  while let entry = next.pointee {
    variables.append(PathText.text(UnsafeRawBufferPointer(start: entry, count: strlen(entry))))
    next += 1
  }
  return variables
}
