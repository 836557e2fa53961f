package import Digests
package import Documents
package import Problems

extension HTML {
  /// A digest by its first eight digits, whole on hover and on copy.
  package static func digest(_ digest: Digest) -> HTML {
    let hex = digest.hex
    return digestText(hex)
  }

  /// A Git id or any other hexadecimal name, by its first eight digits.
  package static func digestText(_ hex: String) -> HTML {
    """
    <code class="digest" title="\(hex)">\(hex.prefix(8))<span class="copy">\(hex.dropFirst(8))</span></code>
    """
  }

  /// A point in time; a file says the date, since nobody knows when it will be read.
  ///
  /// - Parameter now: what a relative time is counted from; nil for the date itself.
  package static func time(_ moment: Moment, now: Moment? = nil) -> HTML {
    let exact = moment.description
    let shown = "\(exact.prefix(10)) \(exact.dropFirst(11).prefix(5)) UTC"
    return """
      <time datetime="\(exact)" title="\(shown)">\(now.map { since(moment, $0) } ?? shown)</time>
      """
  }

  private static func since(_ moment: Moment, _ now: Moment) -> String {
    let seconds = now.seconds - moment.seconds
    func ago(_ count: Int64, _ noun: String) -> String {
      "\(count) \(noun)\(count == 1 ? "" : "s") ago"
    }
    return switch seconds {
    case ..<10: "just now"
    case ..<60: ago(seconds, "second")
    case ..<3_600: ago(seconds / 60, "minute")
    case ..<86_400: ago(seconds / 3_600, "hour")
    case ..<(60 * 86_400): ago(seconds / 86_400, "day")
    default: String(moment.description.prefix(10))
    }
  }

  /// The same text that the command line prints for a mistake, with its hint.
  package static func problem(_ problem: Problem) -> HTML {
    """
    <div class="problem" role="alert"><p><strong>error:</strong> \(problem.message)</p>\
    \(problem.hint.map { "<p class=\"quiet\">hint: \($0)</p>" as HTML })</div>
    """
  }

  /// A warning or a remark that the reader must not miss.
  package static func notice(_ text: HTML) -> HTML { "<div class=\"notice\"><p>\(text)</p></div>" }

  /// What a page says where it has nothing to show, and what to type so that it has.
  package static func empty(_ text: String, command: String? = nil) -> HTML {
    """
    <div class="empty">\(text)\(command.map { ": <code>\($0)</code>" as HTML })</div>
    """
  }

  /// A link to a file itself; nothing without an address.
  package static func download(_ address: String?) -> HTML {
    address.map { "<p class=\"small\"><a href=\"\($0)\" download>download</a></p>" } ?? .nothing
  }

  /// Names and what they are.
  package static func facts(_ entries: [(name: String, value: HTML)]) -> HTML {
    let pieces = entries.map { name, value -> HTML in "<dt>\(name)</dt><dd>\(value)</dd>" }
    return "<dl class=\"facts\">\(pieces.joined())</dl>"
  }

  /// Text as a program wrote it.
  package static func code(_ text: String, language: String? = nil) -> HTML {
    "<pre><code\(language.map { " class=\"language-\($0)\"" as HTML })>\(text)</code></pre>"
  }

  /// What a page keeps folded until it is asked for.
  package static func folded(_ summary: HTML, _ content: HTML, isOpen: Bool = false) -> HTML {
    "<details\(isOpen ? " open" : "" as HTML)><summary>\(summary)</summary>\(content)</details>"
  }
}
