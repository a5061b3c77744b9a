import Glibc
import TextEscapes

/// The environment of processes that run code of others. It holds the variables of ours that are listed here and no
/// other: passwords and tokens often lie in variables, and nobody can list the names of those.
public enum ForeignEnvironment {
  private static let names: Set<String> = [
    // The user, the language, the time, and where files lie.
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TZDIR", "TMPDIR",
    // Libraries, and how they compute: results must be those of this process.
    "LD_LIBRARY_PATH", "GLIBC_TUNABLES", "CUDA_VISIBLE_DEVICES", "NUMEXPR_NUM_THREADS", "NUMEXPR_MAX_THREADS",
    "AUSCULT_NODE", "AUSCULT_PLUGIN_PATH",
    // Python, Julia and R.
    "PYTHONPATH", "PYTHONHOME", "PYTHONUNBUFFERED", "PYTHONUTF8", "PYTHONIOENCODING", "PYTHONHASHSEED",
    "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTHONNOUSERSITE", "PYTHONUSERBASE", "PYTHONWARNINGS",
    "PYTHONFAULTHANDLER", "VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV", "MPLCONFIGDIR",
    "JULIA_PROJECT", "JULIA_DEPOT_PATH", "JULIA_LOAD_PATH", "JULIA_NUM_THREADS",
    "R_HOME", "R_LIBS", "R_LIBS_USER", "R_LIBS_SITE",
  ]
  private static let beginnings = ["LC_", "XDG_", "OMP_", "GOMP_", "KMP_", "OPENBLAS_", "MKL_"]
  /// Options of the sanitizers.
  private static let ending = "SAN_OPTIONS"

  static func isListed(_ name: String) -> Bool {
    names.contains(name) || name.hasSuffix(ending) || beginnings.contains { name.hasPrefix($0) }
  }

  /// The listed variables, and those that the user names, as `NAME=VALUE` for `spawn`.
  public static func variables(adding more: [String] = []) -> [String] {
    let more = Set(more)
    return environmentVariables().filter { entry in
      let name = name(entry)
      return isListed(name) || more.contains(name)
    }
  }

  /// Whether this process has a variable of this name.
  public static func has(_ name: String) -> Bool { getenv(name) != nil }

  /// Removes and overwrites all others, in a fork of this process that runs code of others. It must have one thread.
  public static func forgetOthers() {
    var (from, to) = (environ, environ)
    while let entry = from.pointee {
      let length = strlen(entry)
      if isListed(name(PathText.text(UnsafeRawBufferPointer(start: entry, count: length)))) {
        to.pointee = entry
        to += 1
      } else {
        memset(entry, 0, length)
      }
      from += 1
    }
    to.pointee = nil
  }

  private static func name(_ entry: String) -> String { String(entry.prefix { $0 != "=" }) }
}
