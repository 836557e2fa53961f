/// A whole page: one look for the file that stands alone and for what the server sends.
package struct Page: Sendable {
  /// How a page reaches its reader.
  package enum Delivery: Hashable, Sendable {
    /// As one file that needs nothing else: the stylesheet is inside, and its policy in a `<meta>`.
    case file
    /// By the server, whose header sets the policy (`Page.servedPolicy`).
    ///
    /// - Parameters:
    ///   - stylesheet: the address of `Stylesheet.text`.
    ///   - script: that of the server's own script, or nil for a page without.
    case served(stylesheet: String, script: String?)
  }

  /// Of the browser's window.
  package var title: String
  /// Links to other pages, above everything; nothing in a file.
  package var navigation: HTML
  /// What else stands in `<head>`.
  package var head = HTML.nothing
  /// What stands in `<main>`, its `<h1>` first.
  package var body: HTML
  /// Below everything.
  package var foot: HTML

  package init(
    title: String, navigation: HTML = .nothing, body: HTML, foot: HTML = .nothing
  ) {
    self.title = title
    self.navigation = navigation
    self.body = body
    self.foot = foot
  }

  /// The policy that the server sends with each page: its own stylesheet, script and events, images
  /// that stand in the page itself, and nothing else from anywhere.
  package static let servedPolicy =
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
    + "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

  /// The policy of a file: its stylesheet by hash, images that stand in it, no script, no request.
  static let filePolicy =
    "default-src 'none'; style-src \(Stylesheet.hash(of: Stylesheet.text)); img-src data:; "
    + "base-uri 'none'; form-action 'none'"

  /// The document.
  package func text(_ delivery: Delivery) -> String {
    let look: HTML
    switch delivery {
    case .file:
      look = """
        <meta http-equiv="Content-Security-Policy" content="\(Page.filePolicy)">
        <style>\(HTML.trusted(Stylesheet.text))</style>
        """
    case .served(let stylesheet, let script):
      look = """
        <link rel="stylesheet" href="\(stylesheet)">\
        \(script.map { "\n<script src=\"\($0)\" defer></script>" as HTML })
        """
    }
    let page: HTML = """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      \(look)
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta name="referrer" content="same-origin">
      <link rel="icon" href="data:,">\(head)
      <title>\(title)</title>
      </head>
      <body>
      <a class="skip" href="#content">Skip to the content</a>
      \(navigation == .nothing ? .nothing : "<nav class=\"bar\" aria-label=\"Pages\">\(navigation)</nav>\n" as HTML)\
      <main id="content" tabindex="-1">
      \(body)
      </main>
      \(foot == .nothing ? .nothing : "<footer class=\"foot\">\(foot)</footer>\n" as HTML)\
      </body>
      </html>

      """
    return page.markup
  }
}
