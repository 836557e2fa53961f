internal import Digests
internal import Documents
internal import Rows

/// The rules of `clean` that look at one row at a time, in their order, and the exact duplicates.
struct CleanRules {
  /// What became of a row.
  enum Outcome {
    case kept(RowFields)
    case dropped(reason: String, detail: String)
  }

  /// What one rule did so far.
  struct Tally {
    var name: String
    var parameters: [String: JSON]
    var changed = 0
    var dropped = 0

    var json: JSON {
      [
        "name": .string(name), "parameters": .object(parameters),
        "changed": .integer(Int64(changed)), "dropped": .integer(Int64(dropped)),
      ]
    }
  }

  /// Fields that say where a row comes from, which no rule mends.
  static let untouched: Set<String> = ["id", "source"]

  let settings: CleanSettings
  private(set) var tallies: [Tally] = []
  private var positions: [String: Int] = [:]
  private var seen: Set<Digest> = []

  init(_ settings: CleanSettings) {
    self.settings = settings
    let limits: [(String, Int64?)] = [
      ("min_prompt_chars", settings.minPrompt), ("max_prompt_chars", settings.maxPrompt),
      ("min_response_chars", settings.minResponse), ("max_response_chars", settings.maxResponse),
    ]
    add("unicode", ["unicode": .bool(settings.unicode)])
    add("control_characters", ["control_characters": .bool(settings.controlCharacters)])
    add("quotes", ["quotes": .string(settings.quotes.rawValue)])
    add("whitespace", ["whitespace": .string(settings.whitespace.rawValue)])
    add(
      "unknown_shape",
      [
        "prompt_field": settings.promptField.map { .string($0) } ?? .null,
        "response_field": settings.responseField.map { .string($0) } ?? .null,
      ])
    add("leaked_headers", ["leaked_headers": .string(settings.leakedHeaders.rawValue)])
    add("required", ["required": settings.required.map { .array($0.map { .string($0) }) } ?? .null])
    add("refusals", ["refusals": .string(settings.refusals.rawValue)])
    for (name, limit) in limits { add(name, [name: limit.map { .integer($0) } ?? .null]) }
    add("first_person", ["first_person": .string(settings.firstPerson.rawValue)])
    add("links", ["links": .string(settings.links.rawValue)])
    add("personal_data", ["personal_data": .string(settings.personalData.rawValue)])
    add(
      "exact_duplicates",
      [
        "exact_duplicates": .bool(settings.exactDuplicates),
        "duplicate_fields": settings.duplicateFields.map { .array($0.map { .string($0) }) }
          ?? .null,
      ])
  }

  private mutating func add(_ name: String, _ parameters: [String: JSON]) {
    positions[name] = tallies.count
    tallies.append(Tally(name: name, parameters: parameters))
  }

  /// Mends a row and judges it.
  mutating func apply(to fields: inout [String: JSON]) -> Outcome {
    mend(&fields)
    let found = RowFields(
      of: fields, prompt: settings.promptField, response: settings.responseField)
    guard let found else {
      return drop(
        "unknown_shape",
        "the row has \(fields.keys.sorted { $0.precedes($1) }.joined(separator: ", "))")
    }
    if let dropped = judge(&fields, found) { return dropped }
    if let dropped = duplicate(fields, found) { return dropped }
    return .kept(found)
  }

  private mutating func mend(_ fields: inout [String: JSON]) {
    if settings.unicode { map(&fields, "unicode", TextCleaning.composed) }
    if settings.controlCharacters {
      map(&fields, "control_characters", TextCleaning.withoutControls)
    }
    if settings.quotes == .fold { map(&fields, "quotes", TextCleaning.foldedQuotes) }
    switch settings.whitespace {
    case .keep: break
    case .trim: map(&fields, "whitespace", TextCleaning.trimmed)
    case .fold: map(&fields, "whitespace", TextCleaning.foldedSpaces)
    }
  }

  private mutating func judge(_ fields: inout [String: JSON], _ found: RowFields) -> Outcome? {
    if settings.leakedHeaders != .keep, let dropped = headers(&fields, found) { return dropped }
    if let missing = missing(fields, found) { return drop("required", missing) }
    let prompt = found.promptText(fields)
    let response = found.responseText(fields) ?? ""
    if settings.refusals == .drop, TextSigns.isRefusal(response) {
      return drop("refusals", response.excerpt())
    }
    if let prompt, let dropped = limits(prompt, "prompt", settings.minPrompt, settings.maxPrompt) {
      return dropped
    }
    if let dropped = limits(response, "response", settings.minResponse, settings.maxResponse) {
      return dropped
    }
    if settings.firstPerson == .drop, TextSigns.hasFirstPerson(response) {
      return drop("first_person", response.excerpt())
    }
    if settings.links == .drop, TextSigns.hasLink(response) {
      return drop("links", response.excerpt())
    }
    return personalData(&fields)
  }

  private mutating func headers(_ fields: inout [String: JSON], _ found: RowFields) -> Outcome? {
    var hasHeader = false
    var stripped = fields
    found.mapResponses(&stripped) { text in
      guard let rest = LeakedHeader.stripped(text) else { return text }
      hasHeader = true
      return rest
    }
    guard hasHeader else { return nil }
    if settings.leakedHeaders == .drop {
      return drop("leaked_headers", (found.responseText(fields) ?? "").excerpt())
    }
    fields = stripped
    count("leaked_headers")
    return nil
  }

  /// What a row lacks, in words, or nil.
  private func missing(_ fields: [String: JSON], _ found: RowFields) -> String? {
    if settings.required == nil, found.shape == .chat {
      guard let turns = ChatTurn.turns(of: fields) else { return "the turns are not understood" }
      return turns.contains { $0.content.isBlank } ? "a turn is empty" : nil
    }
    let named = [found.prompt, found.response].compactMap(\.self)
    for name in settings.required ?? found.shape?.required ?? named {
      switch fields[name] {
      case nil, .null: return "`\(name)` is missing"
      case .string(let text) where text.isBlank: return "`\(name)` is empty"
      case .string: continue
      case .some(let value):
        if settings.required == nil { return "`\(name)` is \(value.kindName), not a text" }
      }
    }
    return nil
  }

  private mutating func limits(_ text: String, _ what: String, _ least: Int64?, _ most: Int64?)
    -> Outcome?
  {
    let length = Int64(text.codePoints)
    if let least, length < least { return drop("min_\(what)_chars", "\(length) characters") }
    if let most, length > most { return drop("max_\(what)_chars", "\(length) characters") }
    return nil
  }

  private mutating func personalData(_ fields: inout [String: JSON]) -> Outcome? {
    if settings.personalData == .keep { return nil }
    var found = 0
    var masked = fields
    for (name, value) in fields where !CleanRules.untouched.contains(name) {
      masked[name] = value.mapTexts { text in
        let result = PersonalData.masked(text)
        found += result.count
        return result.text
      }
    }
    if found == 0 { return nil }
    if settings.personalData == .drop { return drop("personal_data", "\(found) found") }
    fields = masked
    count("personal_data")
    return nil
  }

  private mutating func duplicate(_ fields: [String: JSON], _ found: RowFields) -> Outcome? {
    guard settings.exactDuplicates else { return nil }
    let key: JSON
    if let names = settings.duplicateFields {
      key = .array(names.map { fields[$0] ?? .null })
    } else if found.shape == .chat {
      key = .array((ChatTurn.turns(of: fields) ?? []).map(\.json))
    } else {
      key = .array(found.texts(fields).map { .string($0) })
    }
    if seen.insert(Digest(of: key)).inserted { return nil }
    return drop("exact_duplicates", "an earlier row is the same")
  }

  private mutating func map(
    _ fields: inout [String: JSON], _ rule: String, _ change: (String) -> String
  ) {
    var hasChanged = false
    for (name, value) in fields where !CleanRules.untouched.contains(name) {
      fields[name] = value.mapTexts { text in
        let result = change(text)
        if !result.utf8.elementsEqual(text.utf8) { hasChanged = true }
        return result
      }
    }
    if hasChanged { count(rule) }
  }

  private mutating func count(_ rule: String) {
    if let position = positions[rule] { tallies[position].changed += 1 }
  }

  private mutating func drop(_ rule: String, _ detail: String) -> Outcome {
    if let position = positions[rule] { tallies[position].dropped += 1 }
    return .dropped(reason: rule, detail: detail)
  }
}

extension String {
  /// Whether there is nothing but white space.
  var isBlank: Bool { unicodeScalars.allSatisfy(\.properties.isWhitespace) }
}
