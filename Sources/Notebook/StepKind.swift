/// How a replay carries a step out.
package enum StepKind: String, Hashable, Sendable {
  /// It executes again, without network; its bytes must be equal.
  case pure
  /// Its own code runs again, fed from the recording of what it exchanged with the outside.
  case recorded
  /// A script with the network: its outputs are the recording.
  case captured
  /// A person does it, and brings evidence.
  case manual
}
