package import Documents
internal import Files
internal import Foundation
internal import Glibc
package import SystemPackage

/// The machine that made a result, as it is recorded beside it: processor, C library, system, GPUs.
package struct Machine: Hashable, Sendable {
  /// As the kernel names it: `AMD EPYC`.
  package var processor: String
  /// Vendor, family, model and stepping: `AuthenticAMD 26 2 1`.
  package var signature: String
  /// Of the instruction sets by which numerical libraries choose their kernels, those there are.
  package var features: [String]
  package var cores: Int
  package var host: Host
  package var kernel: String
  /// By name, with the version of the driver after them; empty where there is none.
  package var gpus: [String]

  /// This machine, read once.
  package static let current = Machine(
    cpuInfo: (try? Files.readText("/proc/cpuinfo")) ?? "", host: .current(),
    cores: allowedCores(), kernel: kernelRelease(),
    gpus: graphicsProcessors())

  /// - Parameter cpuInfo: the text of `/proc/cpuinfo`, of which the first processor is read.
  init(cpuInfo: String, host: Host, cores: Int, kernel: String, gpus: [String]) {
    var fields: [Substring: String] = [:]
    for line in cpuInfo.split(separator: "\n", omittingEmptySubsequences: false) {
      guard !line.isEmpty else { break }
      let parts = line.split(separator: ":", maxSplits: 1)
      guard let name = parts.first?.trimmingSuffix(while: \.isWhitespace) else { continue }
      fields[name] = parts.count > 1 ? parts[1].drop(while: \.isWhitespace).description : ""
    }
    processor = fields["model name"] ?? host.architecture
    signature = ["vendor_id", "cpu family", "model", "stepping"]
      .compactMap { fields[$0] }.joined(separator: " ")
    let flags = Set((fields["flags"] ?? "").split(separator: " "))
    features = Machine.featureNames.filter { flags.contains(Substring($0)) }
    self.host = host
    self.cores = cores
    self.kernel = kernel
    self.gpus = gpus
  }

  /// The instruction sets that torch, oneDNN, MKL, OpenBLAS and numpy look for.
  private static let featureNames = [
    "sse4_2", "avx", "fma", "f16c", "avx2", "avx_vnni", "avx512f", "avx512bw", "avx512vl",
    "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8",
  ]

  /// The processors that this process may run on.
  private static func allowedCores() -> Int {
    let status = (try? Files.readText("/proc/self/status")) ?? ""
    guard
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("Cpus_allowed_list:") })
    else { return ProcessInfo.processInfo.activeProcessorCount }
    let ranges = line.dropFirst("Cpus_allowed_list:".count).split(separator: ",")
    return ranges.reduce(0) { count, range in
      let ends = range.split(separator: "-").compactMap { Int($0.filter(\.isNumber)) }
      return count + (ends.last ?? 0) - (ends.first ?? 0) + 1
    }
  }

  private static func kernelRelease() -> String {
    var names = utsname()
    uname(&names)
    return withUnsafePointer(to: &names.release) {
      $0.withMemoryRebound(to: CChar.self, capacity: 65) { String(cString: $0) }
    }
  }

  /// The GPUs as NVIDIA's driver shows them below `/proc`.
  private static func graphicsProcessors() -> [String] {
    let folder: FilePath = "/proc/driver/nvidia"
    guard let names = try? Files.names(in: folder.appending("gpus")) else { return [] }
    let version = (try? Files.readText(folder.appending("version")))?
      .split(separator: " ").first { $0.first?.isNumber == true && $0.contains(".") }
    return names.map { name in
      let path = folder.appending("gpus").appending(name).appending("information")
      let model = (try? Files.readText(path))?.split(separator: "\n")
        .first { $0.hasPrefix("Model:") }?.dropFirst(6).drop(while: \.isWhitespace)
      return "\(model ?? "NVIDIA GPU"), driver \(version ?? "unknown")"
    }
  }

  /// What a step that computes on a GPU must be shown of `/dev`; empty where there is none.
  package static var graphicsDevices: [FilePath] {
    let names = (try? Files.names(in: "/dev")) ?? []
    return names.filter { $0.hasPrefix("nvidia") && $0 != "nvidia-caps" }
      .map { FilePath("/dev").appending($0) }
  }

  /// The document that is kept; its SHA-256 names the machine in results.
  package var document: JSON {
    [
      "architecture": .string(host.architecture), "cores": .integer(Int64(cores)),
      "features": .array(features.map { .string($0) }),
      "gpus": .array(gpus.map { .string($0) }), "kernel": .string(kernel),
      "libc": .string(host.cLibrary), "processor": .string(processor),
      "signature": .string(signature), "system": .string(host.systemImage),
    ]
  }
}

extension Substring {
  fileprivate func trimmingSuffix(while condition: (Character) -> Bool) -> Substring {
    var rest = self
    while let last = rest.last, condition(last) { rest.removeLast() }
    return rest
  }
}
