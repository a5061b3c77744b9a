import CProcessors
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The threads of a training: as many as this thread may use processors. They have its priority.
///
/// Which thread does a piece of work, and when, is not fixed. So a piece's result must depend on the piece alone, and
/// sums over pieces are made in the order of the pieces: then the same tokens give the same model on any computer.
///
/// Thread: control.
struct Team {
  let threads: Int

  init(threads: Int = Int(processors_allowed())) { self.threads = max(1, threads) }

  /// Runs the body for each piece of 0..<count; returns when all are done. The body gets the piece and the thread, an
  /// index below `threads`.
  func run(_ count: Int, _ body: (_ piece: Int, _ thread: Int) -> Void) {
    guard threads > 1, count > 1 else {
      for piece in 0..<count { body(piece, 0) }
      return
    }
    withoutActuallyEscaping(body) { body in
      let work = Work(count, body)
      let others = (1..<min(threads, count)).compactMap { work.start(thread: $0) }
      work.run(thread: 0)
      for thread in others { pthread_join(thread, nil) }
    }
  }

  private final class Work: Sendable {
    private let next = Atomic<Int>(0)
    private let count: Int
    private nonisolated(unsafe) let body: (Int, Int) -> Void

    init(_ count: Int, _ body: @escaping (Int, Int) -> Void) {
      self.count = count
      self.body = body
    }

    func run(thread: Int) {
      while true {
        let piece = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard piece < count else { return }
        body(piece, thread)
      }
    }

    /// Nil: there is no further thread; the others do its work.
    func start(thread index: Int) -> pthread_t? {
      let share = Unmanaged.passRetained(Share(work: self, thread: index))
      #if canImport(Glibc)
        var thread = pthread_t()
      #else
        var thread: pthread_t?
      #endif
      let status = pthread_create(&thread, nil, { Share.run($0) }, share.toOpaque())
      if status == 0 { return thread }
      share.release()
      return nil
    }
  }

  private final class Share {
    private let work: Work
    private let thread: Int

    init(work: Work, thread: Int) {
      self.work = work
      self.thread = thread
    }

    static func run(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
      let share = Unmanaged<Share>.fromOpaque(context!).takeRetainedValue()
      share.work.run(thread: share.thread)
      return nil
    }
  }
}
