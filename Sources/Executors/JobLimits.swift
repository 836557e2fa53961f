internal import Processes

/// Which limit of a job stopped it, if one did.
enum JobLimits {
  static func ending(
    of end: ProcessEnd, limits: Job.Limits, watch: ResourceWatch
  ) -> Outcome.Ending? {
    switch end.stop {
    case .timeLimit:
      let allowed = limits.time.map { Quantity.seconds($0) } ?? "less"
      return .timeLimit("\(allowed) allowed, stopped after \(Quantity.seconds(end.seconds))")
    case .inspection: return watch.finding
    case nil: return watch.finalDiskFinding()
    }
  }
}
