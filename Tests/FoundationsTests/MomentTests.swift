import Documents
import Testing

@Suite struct MomentTests {
  @Test(arguments: [
    ("2026-11-24T14:05:00Z", "2026-11-24T14:05:00Z"), ("2026-11-24", "2026-11-24T00:00:00Z"),
    ("2026-11-24T14:05Z", "2026-11-24T14:05:00Z"),
    ("2026-11-24 14:05:09.75Z", "2026-11-24T14:05:09Z"),
    ("2026-11-24T00:30:00+02:00", "2026-11-23T22:30:00Z"),
    ("2026-11-24T23:30:00-0130", "2026-11-25T01:00:00Z"),
    ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
    ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"),
  ])
  func timesThatAre(text: String, canonical: String) {
    #expect(Moment(text)?.description == canonical)
  }

  @Test(arguments: [
    "", "yesterday", "2026-02-29", "2026-13-01", "2026-00-10", "2026-11-24T24:00:00Z",
    "2026-11-24T14:05:00", "2026-11-24T14:60:00Z", "24.11.2026", "2026-11-24T14:05:00Zx",
    "2026-11-24T14:05:00+25:00", "٢٠٢٦-11-24",
  ])
  func timesThatAreNone(text: String) { #expect(Moment(text) == nil) }

  @Test func secondsSince1970() throws {
    #expect(Moment("2025-10-09T08:53:20Z")?.seconds == 1_760_000_000)
    #expect(Moment(seconds: 0).description == "1970-01-01T00:00:00Z")
  }
}
