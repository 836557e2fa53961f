package import Documents
package import Problems
package import Recording

/// A step of the library that asks the outside through the recorder alone. Calls block.
package protocol RecordedStep: Sendable {
  /// What answers the step's requests; not made where the step is replayed or offline.
  ///
  /// - Parameter variables: those of Larder's own process, where addresses and keys are.
  func outside(
    _ parameters: [String: JSON], variables: [String: String]
  ) throws(Problem) -> any Outside

  /// The step's own code, the same when it records and when it replays.
  func run(_ context: StepContext, asking recorder: ExchangeRecorder) throws
}
