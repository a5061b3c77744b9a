import CNodeABI
import NodeKit

private let library = Library(ProcessDetector.self)

/// The plugin's one exported symbol.
@_cdecl("auscult_library")
public func auscult_library() -> UnsafePointer<auscult_library_info> { library.info }
