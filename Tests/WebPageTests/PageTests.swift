import Digests
import Documents
import Foundation
import Problems
import Testing

@testable import WebPage

@Suite struct PageTests {
  private let hostile = "<script>alert(1)</script>\"><img src=x onerror=alert(1)>"

  @Test func aFileNeedsNothingElse() throws {
    let text = Page(title: "A run", body: "<h1>A run</h1>").text(.file)
    #expect(text.hasPrefix("<!doctype html>\n<html lang=\"en\">\n"))
    let policy = try #require(text.firstMatch(of: /Content-Security-Policy" content="([^"]*)"/))
    #expect(policy.1.hasPrefix("default-src &#39;none&#39;; style-src &#39;sha256-"))
    #expect(!policy.1.contains("unsafe"))
    // The hash is that of exactly what stands between the tags.
    let style = try #require(text.firstMatch(of: /(?s)<style>(.*)<\/style>/))
    let hash = Data(Digest(of: Array(style.1.utf8)).bytes).base64EncodedString()
    #expect(policy.1.contains("&#39;sha256-\(hash)&#39;"))
    #expect(!text.contains("<script"))
    #expect(!text.contains("http://") && !text.contains("https://"))
  }

  @Test func aServedPageHasItsStyleAndScriptFromTheServer() {
    let text = Page(title: "A run", navigation: "<a href=\"/\">runs</a>", body: "")
      .text(.served(stylesheet: "/t/page.css", script: "/t/page.js"))
    #expect(text.contains("<link rel=\"stylesheet\" href=\"/t/page.css\">"))
    #expect(text.contains("<script src=\"/t/page.js\" defer></script>"))
    #expect(!text.contains("<style") && text.contains("<nav class=\"bar\""))
    #expect(Page.servedPolicy.contains("script-src 'self'"))
    #expect(!Page.servedPolicy.contains("unsafe"))
  }

  @Test func nothingOfAPageIsTakenForMarkup() {
    let origin = Origin(hostile, digest: Digest(of: [1]), link: hostile)
    var table = DataTable([.init(hostile), .init(hostile, .number)], caption: hostile)
    table.add([hostile, hostile])
    let pieces: [HTML] = [
      table.html, origin.html, .problem(.init(.user, "bad", hostile, hint: hostile)),
      .empty(hostile, command: hostile), .code(hostile, language: hostile),
      .facts([(hostile, HTML(text: hostile))]), .folded(HTML(text: hostile), .nothing),
      Markdown.html(hostile), Markdown.html("# \(hostile)\n\n[a](javascript:alert(1))"),
      LinePlot(
        [.init(hostile, color: 0, points: [.init(0, 1), .init(1, 2)])], x: hostile, y: hostile
      ).figure(hostile, remark: hostile, origin: origin).html,
      IntervalPlot(
        [.init(hostile, [.init(1, low: 0, high: 2, name: hostile)], text: hostile)], label: hostile
      ).figure(hostile).html,
      Histogram([.init(low: 0, high: 1, count: 2)], label: hostile, noun: hostile)
        .figure(hostile).html,
      BarChart([.init(hostile, 1, text: hostile)], label: hostile).figure(hostile).html,
      Waterfall([.init(hostile, start: 0, duration: 1, state: .done)]).figure(hostile).html,
      StepGraph([.init(hostile, kind: .script, state: .done, inputs: [hostile], link: hostile)])
        .figure(hostile), Sparkline.html([1, 2], name: hostile),
    ]
    for piece in pieces + [HTML(text: Page(title: hostile, body: "").text(.file))] {
      #expect(!piece.markup.contains("<script>alert"))
      #expect(!piece.markup.contains("<img src=x"))
      #expect(!piece.markup.contains("\"><img"))
      #expect(!piece.markup.contains(" style="))
    }
    #expect(!Page(title: hostile, body: "").text(.file).contains("<script>alert"))
  }

  @Test func aTimeIsADateInAFileAndRelativeOnlyToAGivenNow() {
    let moment = Moment(seconds: 1_795_600_000)
    #expect(
      HTML.time(moment).markup
        == "<time datetime=\"\(moment)\" title=\"2026-11-25 09:46 UTC\">2026-11-25 09:46 UTC</time>"
    )
    let ages: [(Int64, String)] = [
      (3, "just now"), (59, "59 seconds ago"), (60, "1 minute ago"), (7_300, "2 hours ago"),
      (86_400, "1 day ago"), (90 * 86_400, "2026-11-25"),
    ]
    for (age, words) in ages {
      let now = Moment(seconds: moment.seconds + age)
      #expect(HTML.time(moment, now: now).markup.contains(">\(words)</time>"))
    }
  }

  @Test func aDigestShowsEightDigitsAndHoldsAll() {
    let digest = Digest(of: Array("x".utf8))
    let markup = HTML.digest(digest).markup
    #expect(markup.contains("title=\"\(digest.hex)\">\(digest.hex.prefix(8))<span"))
    #expect(markup.contains(digest.hex.dropFirst(8)))
  }
}

@Suite struct StylesheetTests {
  /// The custom properties that are colours, of the light and the dark look.
  private func colors() throws -> [(light: [String: String], dark: [String: String])] {
    let parts = Stylesheet.text.split(separator: "@media (prefers-color-scheme: dark)")
    let dark = try #require(parts.last).prefix { $0 != "*" }
    func read(_ text: Substring) -> [String: String] {
      var found: [String: String] = [:]
      for match in text.matches(of: /--([a-z0-9-]+): (#[0-9a-f]{6});/) {
        found[String(match.1)] = String(match.2)
      }
      return found
    }
    return [(read(parts[0]), read(dark))]
  }

  /// Contrast by WCAG 2.2, 1.4.3.
  private func contrast(_ a: String, _ b: String) -> Double {
    func luminance(_ color: String) -> Double {
      let value = Int(color.dropFirst(), radix: 16) ?? 0
      let parts = [16, 8, 0].map { shift -> Double in
        let part = Double(value >> shift & 0xFF) / 255
        return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
      }
      return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }
    let (x, y) = (luminance(a), luminance(b))
    return (max(x, y) + 0.05) / (min(x, y) + 0.05)
  }

  @Test func everyInkCanBeRead() throws {
    for (light, dark) in try colors() {
      #expect(Set(light.keys) == Set(dark.keys))
      for look in [light, dark] {
        let paper = try #require(look["paper"])
        let raised = try #require(look["raised"])
        let ink = try #require(look["ink"])
        for name in ["ink", "quiet", "accent", "good", "bad", "warning"]
          + (0..<RunColors.count).map({ "run-\($0)" })
        {
          let color = try #require(look[name])
          #expect(contrast(color, paper) >= 4.5, "\(name) on paper")
          #expect(contrast(color, raised) >= 4.5, "\(name) on raised")
        }
        for name in ["added", "removed"] {
          let ground = try #require(look[name])
          #expect(contrast(ink, ground) >= 4.5)
        }
      }
    }
  }

  @Test func itAsksNobodyForAnything() {
    #expect(!Stylesheet.text.contains("url(") && !Stylesheet.text.contains("@import"))
    #expect(!Stylesheet.text.contains("</"))
    #expect(Stylesheet.text.utf8.count < 20_000)
  }
}

@Suite struct MarkdownTests {
  static let cases: [(String, String)] = [
    ("a **b** `c`", "<p>a <strong>b</strong> <code>c</code></p>\n"),
    ("x <b onclick=alert(1)>y</b>", "<p>x &lt;b onclick=alert(1)&gt;y&lt;/b&gt;</p>\n"),
    ("<script>\nalert(1)\n</script>", "<p>&lt;script&gt;\nalert(1)\n&lt;/script&gt;</p>\n"),
    ("a<!-- to do -->b", "<p>ab</p>\n"),
    ("[a](javascript:alert(1))", "<p><a href=\"\">a</a></p>\n"),
    ("[a](https://example.org)", "<p><a href=\"https://example.org\">a</a></p>\n"),
    (
      "![plot](https://example.org/x.png)",
      "<p><a href=\"https://example.org/x.png\">plot</a></p>\n"
    ),
    ("![](x.png)", "<p><a href=\"x.png\">image</a></p>\n"),
    (
      "![dot](data:image/png;base64,aaaa)",
      "<p><img src=\"data:image/png;base64,aaaa\" alt=\"dot\" /></p>\n"
    ),
    (
      "![x](data:image/svg+xml;base64,aaaa)", "<p><a href=\"\">x</a></p>\n"
    ),
  ]

  @Test(arguments: cases) func proseBecomesSafeMarkup(_ text: String, _ markup: String) {
    #expect(Markdown.html(text).markup == "<div class=\"prose\">\(markup)</div>")
  }

  @Test func anImageInALinkIsNotFetched() {
    let markup = Markdown.html("[![a](https://example.org/a.png)](https://example.org)").markup
    #expect(!markup.contains("<img"))
  }

  @Test func tablesScrollInTheirOwnBox() {
    let markup = Markdown.html("| a | b |\n| --- | ---: |\n| <i> | 2 |").markup
    #expect(markup.contains("<div class=\"scroll\" role=\"region\" tabindex=\"0\""))
    #expect(markup.contains("<td>&lt;i&gt;</td>") && markup.contains("<td align=\"right\">2</td>"))
  }

  @Test func theTitleOfThePageIsNotSaidTwice() {
    #expect(Markdown.html("# Desk\n\nwords", dropping: "Desk").markup.contains("<h1>") == false)
    #expect(Markdown.html("# Other\n\nwords", dropping: "Desk").markup.contains("<h1>Other</h1>"))
    #expect(Markdown.html("").markup.isEmpty)
  }
}
