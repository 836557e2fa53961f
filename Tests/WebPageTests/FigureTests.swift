import Foundation
import Testing

@testable import WebPage

@Suite struct FigureTests {
  private static let odd: [Double] = [
    .nan, .infinity, -.infinity, 1e308, -1e308, .leastNonzeroMagnitude, 0,
  ]

  @Test func aLossCurve() throws {
    let plot = LinePlot(
      [
        .init("training", color: 2, points: [.init(1, 1.57), .init(2, 0.9), .init(3, 0.31)]),
        .init("validation", color: 2, isDashed: true, points: [.init(0, 1.7), .init(3, 0.33)]),
      ], x: "step", y: "loss, nats a token")
    try Snapshots.expect(plot.figure("Loss").html.markup, is: "line-plot.html")
  }

  @Test func metricsWithIntervals() throws {
    let plot = IntervalPlot(
      [
        .init("f1", [.init(0.62, low: 0.56, high: 0.68)]),
        .init("loss", [.init(-1.617, low: -1.754, high: -1.483)]),
      ], label: "difference", showsZero: true)
    try Snapshots.expect(plot.figure("Differences").html.markup, is: "interval-plot.html")
  }

  @Test func aGraph() throws {
    let graph = StepGraph([
      .init("source", kind: .source, state: .cached, inputs: []),
      .init("clean", kind: .library, state: .done, inputs: ["source"], link: "#clean"),
      .init("prompt", kind: .data, state: .done, inputs: []),
      .init("answer", kind: .script, state: .failed, inputs: ["clean", "prompt"]),
      .init("judge", kind: .manual, state: .asks, inputs: ["answer"]),
    ])
    try Snapshots.expect(graph.figure("Steps").markup, is: "graph.html")
  }

  @Test func numbersThatCannotBeDrawnBreakNothing() {
    let points = FigureTests.odd.enumerated().map { LinePlot.Point(Double($0.offset), $0.element) }
    for isLogarithmic in [true, false] {
      let series = [
        LinePlot.Series("a", color: 0, points: points), .init("b", color: 1, points: []),
      ]
      let drawn = LinePlot(series, x: "x", y: "y", isLogarithmic: isLogarithmic).figure("t").html
      #expect(!drawn.markup.contains("nan") && !drawn.markup.contains("inf\""))
    }
    for value in FigureTests.odd {
      let marks = [IntervalPlot.Mark(value, low: value, high: value)]
      let pieces = [
        IntervalPlot([.init("a", marks)], label: "x").figure("t").html,
        BarChart([.init("a", value)], label: "x").figure("t").html,
        Waterfall([.init("a", start: value, duration: value, state: .done)]).figure("t").html,
        Histogram([.init(low: value, high: value, count: 1)], label: "x").figure("t").html,
        Sparkline.html([value, 1, value], name: "t"),
        Sparkline.interval(value, low: 0, high: value, in: 0...1),
      ]
      for piece in pieces {
        #expect(!piece.markup.contains("\"nan") && !piece.markup.contains("\"inf"))
      }
    }
    _ = LinePlot([], x: "x", y: "y").figure("t").html
    _ = IntervalPlot([], label: "x").figure("t").html
    _ = Histogram([], label: "x").figure("t").html
    _ = BarChart([], label: "x").figure("t").html
    _ = Waterfall([]).figure("t").html
    _ = StepGraph([]).figure("t")
  }

  @Test func aLongLineKeepsItsPeaks() {
    var points = (0..<100_000).map { LinePlot.Point(Double($0), 1) }
    points[70_123].y = 9
    points[5].y = -4
    let thinned = LinePlot.thinned(points)
    #expect(thinned.count <= LinePlot.mostPoints + 2)
    #expect(thinned.contains(points[70_123]) && thinned.contains(points[5]))
    #expect(thinned.map(\.x) == thinned.map(\.x).sorted())
  }

  @Test func aThousandStepsAreCountedByColumn() {
    let nodes = (0..<1_000).map { number in
      StepGraph.Node(
        "s\(number)", kind: .script, state: number % 7 == 0 ? .failed : .done,
        inputs: number >= 10 ? ["s\(number - 10)"] : [])
    }
    let markup = StepGraph(nodes).figure("Steps").markup
    #expect(markup.contains("1000 steps: 857 done, 143 failed"))
    #expect(markup.utf8.count < 60_000)
  }

  @Test func aChainOfStepsAndACircleEnd() {
    let chain = (0..<5_000).reversed().map { number in
      StepGraph.Node("s\(number)", kind: .script, state: .done, inputs: ["s\(number - 1)"])
    }
    #expect(StepGraph(chain).drawing("t").markup.contains("depth 4751–5000"))
    let circle = [
      StepGraph.Node("a", kind: .script, state: .done, inputs: ["b", "a"]),
      StepGraph.Node("b", kind: .script, state: .done, inputs: ["a"]),
    ]
    #expect(StepGraph(circle).drawing("t").markup.contains(">a</text>"))
  }

  @Test func aRunHasOneColor() {
    let some = RunColors(["a53b9022", "3edffeee"])
    let more = RunColors(["3edffeee", "a53b9022", "0123abcd"])
    #expect(some.color(of: "a53b9022") != some.color(of: "3edffeee"))
    #expect(Set(["a53b9022", "3edffeee", "0123abcd"].map(more.color)).count == 3)
    #expect(RunColors((0..<40).map { "run\($0)" }).color(of: "run39") < RunColors.count)
  }
}

@Suite struct AxisTests {
  static let cases: [([Double], [String])] = [
    ([0, 1], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
    ([0, 32], ["0", "10", "20", "30", "40"]),
    ([-1.7, -0.2], ["-2.0", "-1.5", "-1.0", "-0.5", "0.0"]),
    ([5], ["2", "3", "4", "5", "6", "7", "8"]),
    ([0], ["-1.0", "-0.5", "0.0", "0.5", "1.0"]),
    ([0, 2.5e9], ["0", "5.00e+8", "1.00e+9", "1.50e+9", "2.00e+9", "2.50e+9"]),
    ([], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
  ]

  @Test(arguments: cases) func roundNumbersAreWritten(_ values: [Double], _ labels: [String]) {
    #expect(Axis(values, from: 0, to: 100).ticks.map(\.label) == labels)
  }

  @Test func aLogarithmicAxisHasDecades() {
    let axis = Axis([0.01, 20], from: 0, to: 100, isLogarithmic: true)
    #expect(axis.ticks.map(\.label) == ["0.01", "0.1", "1", "10"])
    #expect(abs(axis.place(20) - 100) < 1e-9 && abs(axis.place(0.01)) < 1e-9)
    #expect(!Axis([0, 20], from: 0, to: 100, isLogarithmic: true).isLogarithmic)
  }
}
