package import Problems

/// A pattern over paths: `*` and `?` stand for characters other than `/`, `**` between slashes for
/// any number of folders, everything else for itself.
package struct Glob: Hashable, Sendable, CustomStringConvertible {
  private enum Part: Hashable, Sendable {
    case anyFolders
    case name([Character])
  }

  package let description: String
  private let parts: [Part]

  /// - Throws: a user problem for a pattern that can match nothing: empty, absolute, with `..`.
  package init(_ text: String) throws(Problem) {
    func refused(_ reason: String, hint: String? = nil) -> Problem {
      Problem(.user, "select", "cannot select by the pattern `\(text)`: \(reason)", hint: hint)
    }
    guard !text.isEmpty else { throw refused("it is empty", hint: "`**` selects everything") }
    guard !text.hasPrefix("/") else {
      throw refused("it begins with `/`", hint: "paths inside a source are relative")
    }
    var names = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    if names.last == "" { names[names.count - 1] = "**" }
    guard !names.contains("") else { throw refused("it has an empty part between slashes") }
    guard !names.contains(".."), !names.contains(".") else {
      throw refused("it has a part `.` or `..`")
    }
    description = text
    parts = names.map { $0 == "**" ? .anyFolders : .name(Array($0)) }
  }

  /// Whether the pattern matches a whole relative path.
  package func matches(_ path: some StringProtocol) -> Bool {
    let names = path.split(separator: "/", omittingEmptySubsequences: false).map { Array($0) }
    // reach[j]: the patterns so far match the first j names. Linear in both, whatever the pattern.
    var reach = [Bool](repeating: false, count: names.count + 1)
    reach[0] = true
    for (index, part) in parts.enumerated() {
      switch part {
      case .anyFolders:
        // At the end it stands for what is in a folder, so for at least one name.
        let isLast = index == parts.count - 1
        var seen = false
        for position in 0...names.count {
          let here = reach[position]
          reach[position] = isLast ? seen : seen || here
          seen = seen || here
        }
      case .name(let pattern):
        var next = [Bool](repeating: false, count: names.count + 1)
        for position in names.indices where reach[position] {
          next[position + 1] = Glob.matches(names[position], pattern)
        }
        reach = next
      }
    }
    return reach[names.count]
  }

  /// Matches one name by going back to the last `*` only, which is enough.
  private static func matches(_ name: [Character], _ pattern: [Character]) -> Bool {
    var n = 0
    var p = 0
    var star: (pattern: Int, name: Int)?
    while n < name.count {
      if p < pattern.count, pattern[p] == "*" {
        star = (p, n)
        p += 1
      } else if p < pattern.count, pattern[p] == "?" || pattern[p] == name[n] {
        p += 1
        n += 1
      } else if let last = star {
        p = last.pattern + 1
        n = last.name + 1
        star = (last.pattern, n)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == "*" }
  }
}
