/// The name of a step: `[a-z][a-z0-9-]*` for a step of the recipe itself, and `NAME/STEP` for one
/// of another recipe that joins it; an instance of a matrix has its label behind that,
/// `STEP@lora_r=4+epoch=1`.
package struct StepID: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let text: String

  /// Nil where the text is no such name.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let last = parts.last, parts.dropLast().allSatisfy({ StepID.isValid($0) }) else {
      return nil
    }
    let halves = last.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    guard let name = halves.first, StepID.isValid(name),
      halves.count == 1 || InstanceLabel(halves[1]) != nil
    else { return nil }
    self.text = String(text)
  }

  private init(whole text: String) { self.text = text }

  /// The recipe that the step comes from, or nil for a step of the recipe itself.
  package var recipe: String? {
    text.firstIndex(of: "/").map { String(text[..<$0]) }
  }

  /// The id that the step has in its own recipe.
  package var name: String {
    text.firstIndex(of: "/").map { String(text[text.index(after: $0)...]) } ?? text
  }

  /// The label of an instance of a matrix, as in `lora_r=4+epoch=1`; nil for other steps.
  package var label: String? {
    text.firstIndex(of: "@").map { String(text[text.index(after: $0)...]) }
  }

  /// The id without the label: that of the cell, which all instances of a matrix share.
  package var cell: StepID {
    text.firstIndex(of: "@").map { StepID(whole: String(text[..<$0])) } ?? self
  }

  /// The id of an instance of this step.
  package func instance(_ label: InstanceLabel) -> StepID {
    StepID(whole: "\(text)@\(label)")
  }

  /// One of its outputs as a target names it: `STEP.OUTPUT`, the label of an instance last.
  package func output(_ name: String) -> String {
    "\(cell).\(name)" + (label.map { "@\($0)" } ?? "")
  }

  /// The id of a recipe's step in another recipe that it joins; one that joined it stays as it is.
  func joining(from recipe: String) -> StepID {
    self.recipe == nil ? StepID(whole: "\(recipe)/\(text)") : self
  }

  package var description: String { text }
  package static func < (a: StepID, b: StepID) -> Bool { a.text < b.text }

  /// Whether the text matches `[a-z][a-z0-9-]*`, the form of step ids in a text and of recipe names.
  package static func isValid(_ text: some StringProtocol) -> Bool {
    guard let first = text.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first)
    else {
      return false
    }
    return text.utf8.allSatisfy {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
    }
  }
}

/// What an input of a step names.
package enum Reference: Hashable, Sendable {
  /// An output of another step of the recipe; the output's name is always resolved.
  case output(StepID, String)
  /// An output of several instances of a matrix, as one folder.
  case collection(StepCollection)
  /// A file or folder of the kitchen, relative to the folder of the recipe that is run, in its
  /// shortest form: `../data/rows.jsonl`.
  case file(String)
  /// A past result, `REF:STEP[.OUTPUT][/PATH]`, pinned in the lock of the step's own recipe.
  case run(String)

  /// The steps that it needs.
  package var steps: [StepID] {
    switch self {
    case .output(let id, _): [id]
    case .collection(let collection): collection.steps
    case .file, .run: []
    }
  }
}
