import CNodeABI

/// Notices of the driver and the host, for sinks that record them: see notices.h.
public struct Notices: @unchecked Sendable {
  private let host: UnsafePointer<auscult_host>
  private let table: UnsafePointer<auscult_notices>

  /// From now on the host keeps notices for the node. nil: the host has none. Thread: control.
  public init?(_ host: Host) {
    guard let table = host.ability(AUSCULT_NOTICES, as: auscult_notices.self) else { return nil }
    self.host = host.pointer
    self.table = table
  }

  /// One notice. Positions are driver frames.
  public struct Notice: Sendable, Equatable {
    public var kind: String
    public var state: String
    public var node: String?
    public var channel: Int?
    public var machine: String?
    public var begin: Int64
    public var end: Int64
    /// Names and texts of further details.
    public var details: [(name: String, text: String)]

    public init(
      _ kind: String, state: String, node: String? = nil, channel: Int? = nil, machine: String? = nil, begin: Int64,
      end: Int64, details: [(name: String, text: String)] = []
    ) {
      (self.kind, self.state, self.node, self.channel, self.machine) = (kind, state, node, channel, machine)
      (self.begin, self.end, self.details) = (begin, end, details)
    }

    public static func == (one: Notice, other: Notice) -> Bool {
      (one.kind, one.state, one.node, one.channel, one.machine) == (
        other.kind, other.state, other.node, other.channel, other.machine
      ) && (one.begin, one.end) == (other.begin, other.end)
        && one.details.elementsEqual(other.details, by: ==)
    }
  }

  /// The notices that end at or before a frame position, through which the sink writes next. Each is given once.
  ///
  /// Thread: worker, active; with `Int64.max` in `deactivate`.
  public func take(through position: Int64) -> [Notice] {
    var taken: [Notice] = []
    var next = auscult_notice()
    next.size = UInt32(MemoryLayout<auscult_notice>.size)
    while table.pointee.next(host, position, &next) == 1 { taken.append(Notice(next)) }
    return taken
  }
}

extension Notices.Notice {
  fileprivate init(_ native: auscult_notice) {
    kind = native.kind.map { String(cString: $0) } ?? ""
    state = native.state.map { String(cString: $0) } ?? ""
    node = native.node.map { String(cString: $0) }
    channel = native.channel < 0 ? nil : Int(native.channel)
    machine = native.machine.map { String(cString: $0) }
    begin = native.begin
    end = native.end
    details = (0..<Int(native.detail_count)).compactMap { index in
      guard let name = native.details[index].name, let text = native.details[index].text else { return nil }
      return (String(cString: name), String(cString: text))
    }
  }
}
