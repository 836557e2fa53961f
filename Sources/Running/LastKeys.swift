package import Digests
internal import Documents
package import Notebook
package import Planning
package import Store

/// The key that each step of a recipe had when it last succeeded here, to explain what changed.
package struct LastKeys: Sendable {
  private let store: any Store
  private let fact: String
  private var keys: [String: JSON]

  package init(of recipe: String, store: any Store) throws {
    self.store = store
    fact = "last-keys:\(recipe)"
    keys = try store.fact(fact)?.object ?? [:]
  }

  /// Why a step with this action is not cached, in words.
  package func why(_ id: StepID, _ action: Action) throws -> String {
    guard let old = keys[id.text]?.digest else { return "it never ran here" }
    if old == action.key { return "its result is no longer in the store" }
    guard let bytes = try store.bytes(old), let document = try? JSON(parsing: bytes) else {
      return "its key was \(old.short), is \(action.key.short)"
    }
    return Explanation(from: document, to: action.document).text
  }

  /// The result of the step when it last succeeded here, or nil.
  package func result(of id: StepID) throws -> ActionResult? {
    try keys[id.text]?.digest.flatMap { try store.result(for: $0) }
  }

  /// Remembers the keys of the steps that succeeded.
  package mutating func remember(_ new: [StepID: Digest]) throws {
    let before = keys
    for (id, key) in new { keys[id.text] = .digest(key) }
    if keys != before { try store.setFact(fact, .object(keys)) }
  }
}
