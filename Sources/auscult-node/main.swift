import CIsolation
import Glibc
import IsolationMessages
import SystemCalls

// auscult-node: the process of an isolated node. auscult starts it; see docs/ISOLATION.md.
//
//     auscult-node PARENT MEMORY [FOLDER ...] [-- PROGRAM [ARGUMENT ...]]
//
// It limits itself, then hosts the plugin that the first call names, or becomes the program.
// Descriptor 3 is the memory that both processes share.

let arguments = CommandLine.arguments
guard arguments.count >= 3, let parent = Int32(arguments[1]), let limit = UInt64(arguments[2]),
  let memory = SharedMemory(descriptor: 3), memory.hasHead
else {
  let help = "auscult-node is a part of auscult, which starts it for nodes with 'isolate: true'\n"
  _ = writeAll(Array(help.utf8), to: STDERR_FILENO)
  exit(64)
}
guard end_with_parent(parent) != 0 else { exit(1) }

let command = arguments.drop { $0 != "--" }.dropFirst()
let folders = arguments.dropFirst(3).prefix { $0 != "--" }.map { UnsafePointer(strdup($0)) } + [nil]
// Before any foreign code is loaded.
memory.confinement = confine(folders, limit, command.isEmpty ? 0 : 1)
if let program = command.first {
  // The program of the user keeps descriptor 3.
  var list: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
  execv(program, &list)
  _ = writeAll(Array("\(program): \(systemReason())\n".utf8), to: STDERR_FILENO)
  exit(1)
}
close(3)
NodeServer.shared.serve(memory)
