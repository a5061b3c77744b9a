import NIOCore
import NIOHTTP1
import NIOPosix

/// Listens, and gives each connection its handlers. All connections share one event loop thread; what may wait runs on
/// others (`WorkQueue`, `FilePart`).
struct HTTPServer {
  /// Most connections at once; further ones are closed at once.
  static let connectionLimit = 100

  private let address: ListenAddress
  private let guarding: RequestGuard
  private let history: String?

  /// - Parameter history: the database to read where no run has one.
  init(_ address: ListenAddress, _ guarding: RequestGuard, history: String?) {
    self.address = address
    self.guarding = guarding
    self.history = history
  }

  /// Serves until the process ends.
  ///
  /// - Parameter ready: called with the port once the server listens.
  func run(ready: (Int) -> Void) throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let board = Board(group.next())
    let services = Services(board, history: history)
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 64)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.writeBufferWaterMark, value: .init(low: 64 << 10, high: 256 << 10))
      .childChannelInitializer { [guarding] channel in
        channel.eventLoop.makeCompletedFuture { try HTTPServer.prepare(channel, services, guarding) }
      }
    let server: any Channel
    do {
      server = try bootstrap.bind(host: address.host, port: address.port).wait()
    } catch {
      throw ServeProblem(text: "cannot listen at \(address.shown):\(address.port): \(error)")
    }
    RunFinder(board).start()
    ready(server.localAddress?.port ?? address.port)
    try server.closeFuture.wait()
  }

  private static func prepare(_ channel: any Channel, _ services: Services, _ guarding: RequestGuard) throws {
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = 8 << 10
    limits.maxHeaderListSize = 16 << 10
    limits.maxHeaderFieldCount = 64
    let bytes = ByteLimit()
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(bytes)
    try pipeline.configureHTTPServerPipeline(
      withEncoderConfiguration: .init(), withDecoderLimitConfiguration: limits)
    try pipeline.addHandler(RequestHandler(services, guarding, bytes))
  }
}

/// Closes a connection that sends too much before its request is complete, such as a request line without an end.
final class ByteLimit: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  private static let limit = RequestGuard.bodyLimit + (64 << 10)
  private var count = 0

  /// A request is complete.
  func reset() { count = 0 }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    count += unwrapInboundIn(data).readableBytes
    guard count <= Self.limit else { return context.close(promise: nil) }
    context.fireChannelRead(data)
  }
}
