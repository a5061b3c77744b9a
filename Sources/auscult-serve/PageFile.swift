/// The files of the page. It has no build step and loads nothing from elsewhere: each file of `page/` is embedded in
/// the program, and has one line here.
struct PageFile {
  var type: String
  var body: [UInt8]

  /// By the last part of its address: `/page/main.js`.
  static let all: [String: PageFile] = [
    "index.html": .html(PackageResources.index_html),
    "icon.svg": .svg(PackageResources.icon_svg),
    "style.css": .css(PackageResources.style_css),
    "main.js": .script(PackageResources.main_js),
  ]

  /// The file at an address; nil: none. `/` is `index.html`, and the icon lies beside it.
  static func at(_ path: [String]) -> PageFile? {
    switch path {
    case []: all["index.html"]
    case ["icon.svg"]: all["icon.svg"]
    case _ where path.count == 2 && path[0] == "page": all[path[1]]
    default: nil
    }
  }

  private static func html(_ body: [UInt8]) -> PageFile { PageFile(type: "text/html", body: body) }
  private static func svg(_ body: [UInt8]) -> PageFile { PageFile(type: "image/svg+xml", body: body) }
  private static func css(_ body: [UInt8]) -> PageFile { PageFile(type: "text/css", body: body) }
  private static func script(_ body: [UInt8]) -> PageFile { PageFile(type: "text/javascript", body: body) }
}
