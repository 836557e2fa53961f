internal import Environments
package import Executors
internal import Glibc

/// What a verification varies: everything that may be another on the next machine and must not
/// matter.
package struct Variation: Hashable, Sendable {
  package var conditions: Conditions
  /// In words, what is varied and what could not be.
  package var varied: [String]
  package var notVaried: [String]

  /// Everything that can be varied on this machine.
  ///
  /// - Parameter processor: to be emulated as well; nil for the real one.
  package static func full(processor: String?) -> Variation {
    var conditions = Conditions.ordinary
    var varied = ["folder", "user name", "time zone", "locale", "umask"]
    var notVaried: [String] = []
    conditions.entryOrder = .descending
    varied.append("order of folder entries")
    if Machine.current.cores > 1 {
      conditions.cores = 1
      varied.append("processors (1 of \(Machine.current.cores))")
    } else {
      notVaried.append("processors: there is only one")
    }
    if Conditions.clockLibrary != nil {
      conditions.clock = .ahead(days: 400)
      varied.append("clock (400 days ahead)")
    } else {
      notVaried.append("clock: libfaketime is missing (apt-get install faketime)")
    }
    if let processor {
      conditions.processor = processor
      varied.append("processor (\(processor), emulated)")
    }
    return Variation(conditions: conditions, varied: varied, notVaried: notVaried)
  }

  /// Changes what Larder's own process has from its surroundings, which is what Swift steps could
  /// see; the sandbox gives every other step the same user, host, time zone, locale and umask.
  package func applyToProcess() {
    for (name, value) in [
      "TZ": "Pacific/Kiritimati", "LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8",
      "USER": "somebody", "LOGNAME": "somebody",
    ] { setenv(name, value, 1) }
    tzset()
    setlocale(LC_ALL, "")
    umask(0o077)
  }
}
