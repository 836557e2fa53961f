internal import Documents
package import Problems

/// What `--sweep name=a,b,c` asks for, given once or several times: a whole run for each combination
/// of the values.
package struct Sweep: Hashable, Sendable {
  /// One parameter and the values that it takes in turn.
  package struct Axis: Hashable, Sendable {
    /// A parameter of the recipe, or `STEP.PARAM`.
    package var name: String
    /// As they would stand after `--set name=`.
    package var values: [String]
  }

  /// The most runs of one sweep.
  package static let largest = 1000

  /// In the order of the command line.
  package let axes: [Axis]

  /// - Parameters:
  ///   - options: what was typed after each `--sweep`: `name=a,b,c`, or `name=["a,b", c]` for values
  ///     with commas.
  ///   - assignments: what was typed after each `--set`, which must not name the same parameters.
  /// - Throws: `Problems` with every mistake.
  package init(_ options: [String], besides assignments: [String] = []) throws(Problems) {
    let mistakes = Mistakes()
    let set = Set(assignments.map { String($0.prefix { $0 != "=" }) })
    var axes: [Axis] = []
    for option in options {
      guard let axis = Sweep.axis(option, mistakes) else { continue }
      if axes.contains(where: { $0.name == axis.name }) {
        mistakes.add(
          "bad-sweep", "`--sweep` names `\(axis.name)` twice",
          hint: "give all its values in one: --sweep \(axis.name)=a,b", place: nil)
      } else if set.contains(axis.name) {
        mistakes.add(
          "bad-sweep", "`\(axis.name)` is given by --set and by --sweep",
          hint: "leave out the --set", place: nil)
      }
      axes.append(axis)
    }
    var count = 1
    for axis in axes { count = min(count * axis.values.count, Int(Int32.max)) }
    if count > Sweep.largest, mistakes.isEmpty {
      let counts = axes.map { "\($0.values.count)" }.joined(separator: " × ")
      mistakes.add(
        "bad-sweep", "the sweep is \(counts) = \(count) runs, more than \(Sweep.largest)",
        hint: "sweep over fewer values at once", place: nil)
    }
    guard mistakes.isEmpty else { throw Problems(mistakes.all) }
    self.axes = axes
  }

  /// The assignments of each run, `name=value` for each axis; the last axis changes fastest.
  package var combinations: [[String]] {
    axes.reduce([[]]) { runs, axis in
      runs.flatMap { run in axis.values.map { run + ["\(axis.name)=\($0)"] } }
    }
  }

  private static func axis(_ option: String, _ mistakes: Mistakes) -> Axis? {
    let form = "write `--sweep name=a,b,c`, or `--sweep 'name=[\"a,b\", c]'` for values with commas"
    guard let equals = option.firstIndex(of: "="), equals > option.startIndex else {
      mistakes.add("bad-sweep", "`--sweep \(option)` gives no values", hint: form, place: nil)
      return nil
    }
    let name = String(option[..<equals])
    let text = option[option.index(after: equals)...]
    let values: [String]
    if text.drop(while: \.isWhitespace).first == "[" {
      guard let items = items(String(text), option, mistakes) else { return nil }
      values = items
    } else {
      values = text.split(separator: ",", omittingEmptySubsequences: false).map(trimmed)
      if values.contains("") {
        mistakes.add(
          "bad-sweep", "`--sweep \(option)` has an empty value",
          hint: "for an empty text write a list: --sweep '\(name)=[\"\", b]'", place: nil)
        return nil
      }
    }
    if values.isEmpty {
      mistakes.add("bad-sweep", "`--sweep \(option)` has an empty list", hint: form, place: nil)
      return nil
    }
    var seen: Set<String> = []
    for value in values where !seen.insert(value).inserted {
      mistakes.add(
        "bad-sweep", "`--sweep` gives `\(name)` the value `\(YAMLNode.short(value))` twice",
        hint: "each value is one run: give it once", place: nil)
      return nil
    }
    return Axis(name: name, values: values)
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text.drop(while: \.isWhitespace)
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }

  /// The items of a list in YAML or JSON.
  private static func items(_ text: String, _ option: String, _ mistakes: Mistakes) -> [String]? {
    let own = Mistakes()
    let source = SourceText(text, displayPath: "")
    let part = YAMLPart(source: source, lines: 1..<source.lineCount + 1)
    let node = part.read("the values", noting: own)
    guard own.isEmpty, let node, case .list(let items) = node.content else {
      let problem = own.all.first
      mistakes.add(
        "bad-sweep", "in `--sweep \(option)`: \(problem?.message ?? "the values are no list")",
        hint: problem?.hint ?? "quote a value that begins with `[`", place: nil)
      return nil
    }
    var values: [String] = []
    for item in items {
      if case .scalar(let text, _) = item.content {
        values.append(text)
      } else if let json = try? ValueTyping.untyped(item) {
        values.append(json.canonicalText)
      } else {
        mistakes.add(
          "bad-sweep", "in `--sweep \(option)`: a value cannot be read: \(item.found)", place: nil)
        return nil
      }
    }
    return values
  }
}
