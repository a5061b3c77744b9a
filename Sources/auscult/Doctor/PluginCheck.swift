/// Whether all plugins in the search path can be used.
enum PluginCheck: DoctorCheck {
  static func findings(_ examination: Examination) -> [Finding] {
    let catalog = examination.catalog
    let folders = catalog.searchPath.joined(separator: ", ")
    let exposed = examination.exposures.map {
      Finding("plugins", .warning, "\($0.path): \($0.reason)", advice: $0.remedy)
    }
    let bad = (catalog.problems + catalog.remarks).map {
      Finding(
        "plugins", .warning, $0.description,
        advice: "install what it needs, build it again, or remove it; only its node classes are missing")
    }
    if catalog.classNames.isEmpty {
      return exposed + bad + [
        Finding("plugins", .problem, "no plugins in \(folders)", advice: "give their folder with --plugin-path")
      ]
    }
    return exposed + bad + [
      Finding("plugins", .ok, "\(Quantity.count(catalog.classNames.count, "node class", "node classes"))")
    ]
  }
}
