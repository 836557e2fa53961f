package import Experiments

/// How metrics are called where several steps or answerers have one of the same name.
package struct MetricNames {
  private let showsStep: Bool

  package init(_ metrics: [MetricDifference]) { showsStep = Set(metrics.map(\.step)).count > 1 }

  package func name(of metric: MetricDifference) -> String {
    (showsStep ? "\(metric.step): " : "") + (metric.isMain ? "" : "base ") + metric.name
  }
}
