/// Which runs of equal rows kept their order: the heaviest chain of runs that ascends in both files,
/// so that an insertion does not move everything below it, and a row that is carried to the front
/// moves alone.
struct RunOrder {
  /// All runs, by their place in the old file.
  let runs: [LineRun]
  /// Whether the run of the same position is in the chain.
  let isInPlace: [Bool]

  init(_ unsorted: [LineRun]) {
    let runs = RunOrder.joined(unsorted)
    self.runs = runs
    if zip(runs, runs.dropFirst()).allSatisfy({ $0.new < $1.new }) {
      isInPlace = [Bool](repeating: true, count: runs.count)
      return
    }
    // For each run the heaviest chain that ends with it, by a Fenwick tree of maxima over the places
    // in the new file.
    var rank = [Int](repeating: 0, count: runs.count)
    for (place, index) in runs.positions(by: \.new).enumerated() {
      rank[index] = place + 1
    }
    var heaviest = [(weight: Int, run: Int)](repeating: (0, -1), count: runs.count + 1)
    var before = [Int](repeating: -1, count: runs.count)
    var end = (weight: 0, run: -1)
    for index in runs.indices {
      var best = (weight: 0, run: -1)
      var place = rank[index] - 1
      while place > 0 {
        if heaviest[place].weight > best.weight { best = heaviest[place] }
        place &= place - 1
      }
      before[index] = best.run
      let own = (weight: best.weight + runs[index].count, run: index)
      if own.weight > end.weight { end = own }
      place = rank[index]
      while place <= runs.count {
        if own.weight > heaviest[place].weight { heaviest[place] = own }
        place += place & -place
      }
    }
    var isInPlace = [Bool](repeating: false, count: runs.count)
    var run = end.run
    while run >= 0 {
      isInPlace[run] = true
      run = before[run]
    }
    self.isInPlace = isInPlace
  }

  /// Runs that follow each other in both files made one.
  private static func joined(_ unsorted: [LineRun]) -> [LineRun] {
    var joined: [LineRun] = []
    for position in unsorted.positions(by: \.old) {
      let run = unsorted[position]
      if let last = joined.last, Int(last.old) + last.count == run.old,
        Int(last.new) + last.count == run.new
      {
        joined[joined.count - 1].count += run.count
      } else {
        joined.append(run)
      }
    }
    return joined
  }
}
