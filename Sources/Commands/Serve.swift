internal import ArgumentParser
internal import Documents
internal import Foundation
internal import Problems
internal import Serving

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the kitchen in a browser: live runs, past runs, what changed.",
    discussion: """
      It listens on 127.0.0.1 only, and prints an address with a token, which lets
      in whoever opens it. Ctrl-C stops it, and the runs that were started from its
      pages, with exit 130.

      EXAMPLES
        larder serve
        larder serve --port 8080
        ssh -L 7411:127.0.0.1:7411 HOST     when the kitchen is on another machine
      """)

  @OptionGroup var options: GlobalOptions
  @Option(
    help: ArgumentHelp(
      "The port; otherwise 7411 or, where that is taken, one that is free.", valueName: "port"))
  var port: UInt16?

  func run() async throws {
    if port == 0 {
      throw Problem(
        .user, "port", "--port 0 is not usable", hint: "leave --port out to take a free one")
    }
    let kitchen = try options.findKitchen()
    let store = try await options.openStore(kitchen)
    let server = try Server(port: port)
    let token = AccessToken()
    let site = Site(kitchen: kitchen, store: store, gate: Gate(token: token, port: server.port))
    let address = "http://127.0.0.1:\(server.port)/?token=\(token.text)"
    if options.json {
      Console.out(["address": .string(address), "port": .integer(Int64(server.port))])
    } else {
      Console.out("\(address)\n")
      Console.note("open this address in a browser; Ctrl-C stops the server\n")
    }
    do {
      try await Interruption.cancelling {
        do {
          try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run { await site.respond($0) } }
            group.addTask { try await site.follow() }
            defer { group.cancelAll() }
            try await group.next()
          }
        } catch {
          // A socket that is closed while it is waited for is how the end looks from inside.
          try Task.checkCancellation()
          throw error
        }
        try Task.checkCancellation()
      }
    } catch is CancellationError {
      await site.stop()
      throw ExitCode(Problem.Tier.interrupted.exitCode)
    } catch {
      await site.stop()
      throw error
    }
  }
}
