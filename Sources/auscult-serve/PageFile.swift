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
    "views.css": .css(PackageResources.views_css),
    "accept.js": .script(PackageResources.accept_js),
    "alarms.js": .script(PackageResources.alarms_js),
    "api.js": .script(PackageResources.api_js),
    "arrows.js": .script(PackageResources.arrows_js),
    "bands.js": .script(PackageResources.bands_js),
    "changes.js": .script(PackageResources.changes_js),
    "clip.js": .script(PackageResources.clip_js),
    "colours.js": .script(PackageResources.colours_js),
    "completion.js": .script(PackageResources.completion_js),
    "diagnostics.js": .script(PackageResources.diagnostics_js),
    "dialog.js": .script(PackageResources.dialog_js),
    "dom.js": .script(PackageResources.dom_js),
    "drawing.js": .script(PackageResources.drawing_js),
    "editor.js": .script(PackageResources.editor_js),
    "fft.js": .script(PackageResources.fft_js),
    "graph.js": .script(PackageResources.graph_js),
    "history.js": .script(PackageResources.history_js),
    "layout.js": .script(PackageResources.layout_js),
    "levels.js": .script(PackageResources.levels_js),
    "listen.js": .script(PackageResources.listen_js),
    "machine.js": .script(PackageResources.machine_js),
    "main.js": .script(PackageResources.main_js),
    "node.js": .script(PackageResources.node_js),
    "overview.js": .script(PackageResources.overview_js),
    "picture.js": .script(PackageResources.picture_js),
    "plan.js": .script(PackageResources.plan_js),
    "plot.js": .script(PackageResources.plot_js),
    "polyline.js": .script(PackageResources.polyline_js),
    "records.js": .script(PackageResources.records_js),
    "router.js": .script(PackageResources.router_js),
    "say.js": .script(PackageResources.say_js),
    "scoreplot.js": .script(PackageResources.scoreplot_js),
    "sound.js": .script(PackageResources.sound_js),
    "sparkline.js": .script(PackageResources.sparkline_js),
    "spectrogram.js": .script(PackageResources.spectrogram_js),
    "sse.js": .script(PackageResources.sse_js),
    "state.js": .script(PackageResources.state_js),
    "store.js": .script(PackageResources.store_js),
    "ticks.js": .script(PackageResources.ticks_js),
    "timers.js": .script(PackageResources.timers_js),
    "token.js": .script(PackageResources.token_js),
    "words.js": .script(PackageResources.words_js),
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

  /// Whether a file of the page is at an address.
  static func isAt(_ uri: String) -> Bool { at(uri.prefix { $0 != "?" }.split(separator: "/").map(String.init)) != nil }

  private static func html(_ body: [UInt8]) -> PageFile { PageFile(type: "text/html", body: body) }
  private static func svg(_ body: [UInt8]) -> PageFile { PageFile(type: "image/svg+xml", body: body) }
  private static func css(_ body: [UInt8]) -> PageFile { PageFile(type: "text/css", body: body) }
  private static func script(_ body: [UInt8]) -> PageFile { PageFile(type: "text/javascript", body: body) }
}
