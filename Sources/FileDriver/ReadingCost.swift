import Glibc

/// What reading a file costs, apart from the graph that hears it: for `bench`.
public enum ReadingCost {
  /// Reads a file to its end, as a run with cycles of `period` frames does.
  ///
  /// - Parameter channels: the channels that the graph listens to, from the first on; at most those of the file.
  /// - Returns: seconds of this thread's processor time, opening not included.
  public static func seconds(path: String, channels: Int, period: Int) throws(AudioFileError) -> Double {
    let file = try AudioFile(path: path)
    let reader = PlanarReader(file, channels: channels, longest: period)
    let pointers = UnsafeMutablePointer<UnsafePointer<Float>?>.allocate(capacity: max(1, channels))
    defer { pointers.deallocate() }
    pointers.initialize(repeating: nil, count: max(1, channels))
    let began = threadSeconds()
    while reader.next(period, pointers) > 0 {}
    return threadSeconds() - began
  }

  private static func threadSeconds() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }
}
