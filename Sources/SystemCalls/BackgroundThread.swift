import CSystemCalls
import Glibc

/// Starts threads that nobody joins.
public enum BackgroundThread {
  private final class Body {
    let name: String
    let run: () -> Void

    init(_ name: String, _ run: @escaping () -> Void) {
      self.name = name
      self.run = run
    }
  }

  /// - Parameters:
  ///   - name: for debuggers and `top`; the system keeps 15 bytes.
  ///   - stackBytes: nil: the system's default.
  /// - Returns: false: the system has no room for another thread.
  @discardableResult
  public static func start(_ name: String, stackBytes: Int? = nil, _ run: @escaping @Sendable () -> Void) -> Bool {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    if let stackBytes { pthread_attr_setstacksize(&attributes, stackBytes) }
    let body = Unmanaged.passRetained(Body(name, run))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, &attributes,
      { pointer in
        let body = Unmanaged<Body>.fromOpaque(pointer!).takeRetainedValue()
        name_this_thread(body.name)
        body.run()
        return nil
      }, body.toOpaque())
    if code != 0 { body.release() }
    return code == 0
  }
}
