import Synchronization

/// What is never freed, because a thread that does not come back may still be at it.
public enum AbandonedObjects {
  private struct Kept: @unchecked Sendable {
    var objects: [AnyObject] = []
  }

  private static let kept = Mutex(Kept())

  package static func keep(_ object: AnyObject) {
    let one = Kept(objects: [object])
    kept.withLock { kept in
      if !kept.objects.contains(where: { $0 === one.objects[0] }) { kept.objects += one.objects }
    }
  }

  /// There is something: the program must not wait for its threads, nor tear down what they use, when it ends.
  public static var exist: Bool { kept.withLock { !$0.objects.isEmpty } || NodeCallQueue.anyIsLate }
}
