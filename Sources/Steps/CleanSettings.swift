internal import Documents
internal import Problems
internal import Rows

/// The parameters of `clean`.
struct CleanSettings {
  enum Switch: String { case keep, drop }
  enum Quotes: String { case keep, fold }
  enum Spaces: String { case keep, trim, fold }
  enum Headers: String { case keep, strip, drop }
  enum Personal: String { case keep, mask, drop }

  var unicode: Bool
  var controlCharacters: Bool
  var quotes: Quotes
  var whitespace: Spaces
  var promptField: String?
  var responseField: String?
  var leakedHeaders: Headers
  var required: [String]?
  var refusals: Switch
  var minPrompt: Int64?
  var maxPrompt: Int64?
  var minResponse: Int64?
  var maxResponse: Int64?
  var firstPerson: Switch
  var links: Switch
  var personalData: Personal
  var exactDuplicates: Bool
  var duplicateFields: [String]?
  var nearDuplicates: Bool
  var threshold: Double
  var shingles: Shingles
  var seed: Int64

  init(_ context: StepContext) throws(Problem) {
    unicode = try context.boolean("unicode")
    controlCharacters = try context.boolean("control_characters")
    quotes = try context.choice("quotes")
    whitespace = try context.choice("whitespace")
    promptField = try context.optionalText("prompt_field")
    responseField = try context.optionalText("response_field")
    leakedHeaders = try context.choice("leaked_headers")
    required = try context.optionalTexts("required")
    refusals = try context.choice("refusals")
    minPrompt = try context.optionalInteger("min_prompt_chars")
    maxPrompt = try context.optionalInteger("max_prompt_chars")
    minResponse = try context.optionalInteger("min_response_chars")
    maxResponse = try context.optionalInteger("max_response_chars")
    firstPerson = try context.choice("first_person")
    links = try context.choice("links")
    personalData = try context.choice("personal_data")
    exactDuplicates = try context.boolean("exact_duplicates")
    duplicateFields = try context.optionalTexts("duplicate_fields")
    nearDuplicates = try context.boolean("near_duplicates")
    threshold = try context.number("near_duplicate_threshold")
    shingles = Shingles(
      unit: try context.choice("near_duplicate_unit"),
      size: Int(try context.integer("near_duplicate_shingle")))
    seed = try context.integer("seed")
  }
}
