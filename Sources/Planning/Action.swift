package import Digests
package import Documents
package import Notebook
package import Store

/// A step with everything resolved to digests; its SHA-256 is the step's key.
///
/// The document is canonical JSON (RFC 8785) whose parts are named by their role, so that swapping
/// two inputs or moving a byte from one field to the next gives another key. It never holds step
/// ids, paths of this machine, URLs, times, host or user names, secrets or memory limits.
package struct Action: Hashable, Sendable {
  /// What carries the step out, as far as it decides the bytes.
  package enum Implementation: Hashable, Sendable {
    /// The cell's own code, run by an interpreter of this version.
    case script(interpreterVersion: String)
    /// A Swift step of the library.
    case library(version: Int)
    /// A Python program of the library, with the digest of its files.
    case program(version: Int, Digest)
    /// A source: the pinned bytes, and how they are unpacked and selected.
    case source(version: Int, identity: JSON)
    /// A data cell.
    case data
  }

  /// Where native code runs.
  package struct Platform: Hashable, Sendable {
    /// As in `x86_64`.
    package var architecture: String
    /// As in `glibc 2.36`.
    package var libc: String
    /// The system image, as in `debian-12`.
    package var system: String

    package init(architecture: String, libc: String, system: String) {
      self.architecture = architecture
      self.libc = libc
      self.system = system
    }
  }

  /// The version of the document's format; another version never has the same key.
  package static let format = 1

  package let document: JSON
  package let key: Digest
  /// The canonical bytes of the document, whose SHA-256 is the key.
  package let bytes: [UInt8]

  /// Takes a document that was made before.
  package init(document: JSON) {
    self.document = document
    bytes = document.canonicalBytes
    key = Digest(of: bytes)
  }

  /// Makes the document of a step.
  ///
  /// - Parameters:
  ///   - inputs: what each input name holds.
  ///   - environment: the digest of its Python environment.
  ///   - platform: for steps that run native code; nil for the others.
  ///   - numerics: the numerics profile, for steps whose bytes depend on it.
  package init(
    step: Step, implementation: Implementation, inputs: [String: Artifact],
    environment: Digest? = nil, platform: Platform? = nil, numerics: String? = nil
  ) {
    var parts: [String: JSON] = ["larder": .integer(Int64(Action.format))]
    parts["action"] = Action.kind(of: step, implementation)
    if case .source = implementation {
      // A source is its pinned bytes; where they came from is no part of it.
    } else if !step.parameters.isEmpty {
      parts["parameters"] = .object(step.parameters)
    }
    if !step.variables.isEmpty { parts["env"] = .object(step.variables.mapValues { .string($0) }) }
    if !inputs.isEmpty { parts["inputs"] = .object(inputs.mapValues(\.identity)) }
    parts["outputs"] = .object(
      Dictionary(
        step.outputs.map { ($0.name, JSON.string($0.isFolder ? $0.path + "/" : $0.path)) },
        uniquingKeysWith: { first, _ in first }))
    if let environment { parts["environment"] = .digest(environment) }
    if let platform {
      parts["platform"] = [
        "architecture": .string(platform.architecture), "libc": .string(platform.libc),
        "system": .string(platform.system),
      ]
    }
    if let numerics {
      parts["numerics"] = [
        "profile": .string(numerics), "threads": .integer(Int64(step.threads)),
        "gpus": .integer(Int64(step.resources.gpus)),
      ]
    }
    if step.network { parts["network"] = true }
    self.init(document: .object(parts))
  }

  private static func kind(of step: Step, _ implementation: Implementation) -> JSON {
    switch (step.work, implementation) {
    case (.script(_, let interpreter, let code), .script(let version)):
      [
        "kind": "script", "code": .digest(Digest(of: code)),
        "interpreter": .array(interpreter.map { .string($0) }),
        "interpreter_version": .string(version),
      ]
    case (.library(let name), .library(let version)):
      ["kind": "library", "uses": .string(name), "version": .integer(Int64(version))]
    case (.library(let name), .program(let version, let digest)):
      [
        "kind": "library", "uses": .string(name), "version": .integer(Int64(version)),
        "program": .digest(digest),
      ]
    case (.library(let name), .source(let version, let identity)):
      [
        "kind": "source", "uses": .string(name), "version": .integer(Int64(version)),
        "source": identity,
      ]
    case (.data(let body), .data): ["kind": "data", "content": .digest(Digest(of: body))]
    default: preconditionFailure("the implementation of \(step.id) is not of its kind of work")
    }
  }
}
