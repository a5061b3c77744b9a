import Synchronization

/// Objects that are never freed, because a thread that does not return may still use them.
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

  /// If there are any, the program must end without waiting for its threads or freeing what they use.
  public static var exist: Bool { kept.withLock { !$0.objects.isEmpty } || NodeCallQueue.anyIsLate }
}
