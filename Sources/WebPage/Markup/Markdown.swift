internal import CCmark
internal import Glibc

/// Prose in Markdown as a piece of a page. What the text says as HTML is shown, not obeyed; no link
/// runs anything, and no image is asked of anybody.
package enum Markdown {
  /// GitHub's Markdown with tables, through cmark-gfm in its safe mode.
  ///
  /// - Parameters:
  ///   - title: leaves out a first heading that says exactly this, because the page has it already.
  ///   - level: the highest level of heading that there may be, from 1.
  package static func html(
    _ text: String, dropping title: String? = nil, headingsFrom level: CInt = 1
  ) -> HTML {
    guard let document = parse(text) else { return .nothing }
    defer { cmark_node_free(document) }
    disarm(document, headingsFrom: level)
    var blocks: [HTML] = []
    var block = cmark_node_first_child(document)
    while let current = block {
      block = cmark_node_next(current)
      if blocks.isEmpty, let title, cmark_node_get_type(current) == CMARK_NODE_HEADING,
        plainText(current) == title
      {
        continue
      }
      guard let markup = rendered(current) else { continue }
      if String(cString: cmark_node_get_type_string(current)) == "table" {
        blocks.append(
          "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"table\">\(markup)</div>"
        )
      } else {
        blocks.append(markup)
      }
    }
    return blocks.isEmpty ? .nothing : "<div class=\"prose\">\(blocks.joined())</div>"
  }

  /// What the first heading of level 1 says, without its markup; nil where there is none.
  static func firstHeading(_ text: String) -> String? {
    guard let document = parse(text) else { return nil }
    defer { cmark_node_free(document) }
    var block = cmark_node_first_child(document)
    while let current = block {
      if cmark_node_get_type(current) == CMARK_NODE_HEADING,
        cmark_node_get_heading_level(current) == 1
      {
        return plainText(current)
      }
      block = cmark_node_next(current)
    }
    return nil
  }

  private static let options = CMARK_OPT_VALIDATE_UTF8

  // The registry of extensions is one list without a lock: it is filled once.
  private static let extensions: [String] = {
    cmark_gfm_core_extensions_ensure_registered()
    return ["table", "strikethrough", "autolink", "tasklist"]
  }()

  private static func parse(_ text: String) -> OpaquePointer? {
    guard let parser = cmark_parser_new(options) else { return nil }
    defer { cmark_parser_free(parser) }
    for name in extensions {
      if let known = cmark_find_syntax_extension(name) {
        cmark_parser_attach_syntax_extension(parser, known)
      }
    }
    var text = text
    text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        cmark_parser_feed(parser, $0.baseAddress, $0.count)
      }
    }
    return cmark_parser_finish(parser)
  }

  private static func rendered(_ node: OpaquePointer) -> HTML? {
    guard let text = cmark_render_html(node, options, nil) else { return nil }
    defer { free(text) }
    return HTML.trusted(String(cString: text))
  }

  /// Turns HTML into text, images that stand elsewhere into links to them, and high headings into
  /// lower ones.
  private static func disarm(_ document: OpaquePointer, headingsFrom level: CInt) {
    var found: [OpaquePointer] = []
    guard let walk = cmark_iter_new(document) else { return }
    defer { cmark_iter_free(walk) }
    while case let event = cmark_iter_next(walk), event != CMARK_EVENT_DONE {
      guard event == CMARK_EVENT_ENTER, let node = cmark_iter_get_node(walk) else { continue }
      let type = cmark_node_get_type(node)
      if type == CMARK_NODE_HEADING, cmark_node_get_heading_level(node) < level {
        cmark_node_set_heading_level(node, level)
      }
      if type == CMARK_NODE_HTML_BLOCK || type == CMARK_NODE_HTML_INLINE
        || type == CMARK_NODE_IMAGE
      {
        found.append(node)
      }
    }
    // Inner ones first, so that replacing one never touches another that is still to come.
    for node in found.reversed() {
      switch cmark_node_get_type(node) {
      case CMARK_NODE_IMAGE: disarm(image: node)
      default: disarm(markup: node)
      }
    }
  }

  private static func disarm(markup node: OpaquePointer) {
    let literal = cmark_node_get_literal(node).map { String(cString: $0) } ?? ""
    let isBlock = cmark_node_get_type(node) == CMARK_NODE_HTML_BLOCK
    // A comment is a word between authors.
    guard !literal.hasPrefix("<!--") else {
      cmark_node_unlink(node)
      cmark_node_free(node)
      return
    }
    guard let text = cmark_node_new(CMARK_NODE_TEXT) else { return }
    cmark_node_set_literal(text, literal.trimmingNewline)
    guard isBlock, let paragraph = cmark_node_new(CMARK_NODE_PARAGRAPH) else {
      replace(node, by: text)
      return
    }
    cmark_node_append_child(paragraph, text)
    replace(node, by: paragraph)
  }

  private static func disarm(image node: OpaquePointer) {
    let address = cmark_node_get_url(node).map { String(cString: $0) } ?? ""
    let inside = ["png", "jpeg", "gif", "webp"].contains { address.hasPrefix("data:image/\($0);") }
    guard !inside, let link = cmark_node_new(CMARK_NODE_LINK) else { return }
    cmark_node_set_url(link, address)
    if cmark_node_first_child(node) == nil, let text = cmark_node_new(CMARK_NODE_TEXT) {
      cmark_node_set_literal(text, "image")
      cmark_node_append_child(link, text)
    }
    while let child = cmark_node_first_child(node) {
      cmark_node_unlink(child)
      cmark_node_append_child(link, child)
    }
    replace(node, by: link)
  }

  private static func replace(
    _ old: OpaquePointer, by new: OpaquePointer
  ) {
    if cmark_node_replace(old, new) != 0 {
      cmark_node_free(old)
    } else {
      // Where it does not fit (an image within a link), its words stay away rather than its danger.
      cmark_node_free(new)
      cmark_node_unlink(old)
      cmark_node_free(old)
    }
  }

  private static func plainText(_ node: OpaquePointer) -> String {
    guard let text = cmark_render_plaintext(node, options, 0) else { return "" }
    defer { free(text) }
    return String(cString: text).trimmingNewline
  }
}

extension String {
  /// Without the line ends at its end.
  fileprivate var trimmingNewline: String {
    var text = Substring(self)
    while text.last?.isNewline == true { text.removeLast() }
    return String(text)
  }
}
