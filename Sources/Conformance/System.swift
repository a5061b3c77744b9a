import Glibc

/// Entries of a folder, among them '.' and '..'.
func entries(_ folder: String) -> Int {
  guard let stream = opendir(folder) else { return 0 }
  defer { closedir(stream) }
  var count = 0
  while readdir(stream) != nil { count += 1 }
  return count
}

func clockSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
