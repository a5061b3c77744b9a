import NIOCore
import NIOHTTP1

/// One connection: collects a request, answers it, and waits for the next. Thread: the event loop's.
///
/// A connection has a time for each request and for each answer, so that none stays open for a client that sends or
/// reads nothing.
final class RequestHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private static let requestTime = TimeAmount.seconds(20)
  private static let answerTime = TimeAmount.seconds(20)

  private let services: Services
  private var board: Board { services.board }
  private let guarding: RequestGuard
  private let bytes: ByteLimit
  private var head: HTTPRequestHead?
  private var body: [UInt8] = []
  /// The answer was sent before the request's end: the rest is ignored, and the connection closed.
  private var isRefused = false
  private var deadline: Scheduled<Void>?
  private var isCounted = false

  init(_ services: Services, _ guarding: RequestGuard, _ bytes: ByteLimit) {
    self.services = services
    self.guarding = guarding
    self.bytes = bytes
  }

  func channelActive(context: ChannelHandlerContext) {
    guard board.connections < HTTPServer.connectionLimit else { return context.close(promise: nil) }
    board.connections += 1
    isCounted = true
    limit(context.channel, Self.requestTime)
  }

  func channelInactive(context: ChannelHandlerContext) {
    deadline?.cancel()
    if isCounted { board.connections -= 1 }
    board.remove(context.channel)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  /// Closes the connection unless something else is set within the time.
  private func limit(_ channel: any Channel, _ time: TimeAmount) {
    deadline?.cancel()
    deadline = channel.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard isCounted, !isRefused else { return }
    switch unwrapInboundIn(data) {
    case .head(let head):
      // It sends requests and does not read the answers.
      guard context.channel.isWritable else { return context.close(promise: nil) }
      self.head = head
      body = []
      limit(context.channel, Self.requestTime)
      if let refusal = guarding.refusal(head) { refuse(context, refusal) }
    case .body(let part):
      body.append(contentsOf: part.readableBytesView)
      if body.count > RequestGuard.bodyLimit { refuse(context, RequestGuard.tooLarge) }
    case .end:
      bytes.reset()
      answer(context)
    }
  }

  private func refuse(_ context: ChannelHandlerContext, _ reply: Reply) {
    isRefused = true
    send(reply, context.channel, isLast: true)
  }

  private func answer(_ context: ChannelHandlerContext) {
    guard let head else { return }
    deadline?.cancel()
    let channel = context.channel
    guard let request = Request(head, body: body) else {
      return send(.problem(.badRequest, "the path or the query is not well formed"), channel)
    }
    body = []
    if head.method == .GET, beginsStream(request, channel) { return }
    // The loop's own thread goes on; the answer comes back to it.
    let handler = NIOLoopBound(self, eventLoop: channel.eventLoop)
    Routes(services).answer(request) { reply in handler.value.send(reply, channel) }
  }

  /// Sends an answer. Thread: the event loop's.
  private func send(_ reply: Reply, _ channel: any Channel, isLast: Bool = false) {
    guard let head else { return }
    let keeps = head.isKeepAlive && !isLast
    var headers = SecurityHeaders.all
    headers.add(name: "Content-Type", value: reply.type)
    headers.add(name: "Content-Length", value: String(reply.length))
    for (name, value) in reply.headers { headers.add(name: name, value: value) }
    if !keeps { headers.add(name: "Connection", value: "close") }
    let version = HTTPVersion.http1_1
    channel.write(
      HTTPServerResponsePart.head(HTTPResponseHead(version: version, status: reply.status, headers: headers)),
      promise: nil)
    limit(channel, Self.answerTime)
    if let file = reply.file, head.method != .HEAD {
      channel.flush()
      return file.send(to: channel) {
        self.limit(channel, Self.answerTime)
      } done: { isWhole in
        // Without the whole body, the client waits for the rest.
        if isWhole { self.end(channel, keeps) } else { channel.close(promise: nil) }
      }
    }
    if head.method != .HEAD {
      channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: reply.body))), promise: nil)
    }
    end(channel, keeps)
  }

  private func end(_ channel: any Channel, _ keeps: Bool) {
    let handler = NIOLoopBound(self, eventLoop: channel.eventLoop)
    channel.writeAndFlush(HTTPServerResponsePart.end(nil)).whenComplete { _ in
      if keeps { handler.value.limit(channel, Self.requestTime) } else { channel.close(promise: nil) }
    }
  }

  /// Begins a stream of events, which lasts as long as the connection.
  ///
  /// - Returns: false: the request is none for a stream.
  private func beginsStream(_ request: Request, _ channel: any Channel) -> Bool {
    do throws(ReplyProblem) {
      if request.path == ["events"] {
        try begin(.records(run: request.query["run"]), channel)
      } else if let key = try request.stream() {
        guard board.runs[key.run] != nil else { throw ReplyProblem(Routes(services).unknown(key.run)) }
        if let problem = board.streams.refusal(key) {
          throw ReplyProblem(.serviceUnavailable, problem)
        }
        try begin(.stream(key), channel)
        board.streams.join(key, channel, board)
      } else {
        return false
      }
    } catch { send(error.reply, channel) }
    return true
  }

  private func begin(_ topic: EventListeners.Topic, _ channel: any Channel) throws(ReplyProblem) {
    guard board.listeners.add(channel, topic) else {
      throw ReplyProblem(.serviceUnavailable, "too many clients read events; try again later")
    }
    var headers = SecurityHeaders.all
    headers.add(name: "Content-Type", value: "text/event-stream")
    channel.writeAndFlush(
      HTTPServerResponsePart.head(HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)), promise: nil)
  }
}

/// Headers of every answer. Nothing comes from elsewhere, nothing is embedded elsewhere, nothing is stored.
enum SecurityHeaders {
  static let all: HTTPHeaders = [
    "Content-Security-Policy":
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; "
      + "media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
  ]
}
