internal import Notebook

/// All kinds of source, by the name that recipes use.
package enum Sources {
  package static let all: [String: any Source] = {
    let sources: [any Source] = [HTTPSource(), PyPISource()]
    return Dictionary(uniqueKeysWithValues: sources.map { ($0.declaration.name, $0) })
  }()
}
