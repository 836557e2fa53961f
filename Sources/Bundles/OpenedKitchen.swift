internal import Digests
internal import Files
internal import Glibc
internal import History
internal import Problems
internal import Store
internal import SystemPackage

/// The folders of a kitchen that is made from a bundle.
struct OpenedKitchen {
  let folder: FilePath
  let manifest: BundleManifest

  var wheels: FilePath { folder.appending("wheels") }
  var work: FilePath { folder.appending(".opening") }

  func prepare() throws {
    for name in ["recipes", "artifacts", "wheels", ".opening"] {
      try Files.makeFolder(folder.appending(name))
    }
  }

  func makeHistory(_ shallow: [UInt8], path: FilePath) throws {
    let lines = String(decoding: shallow, as: UTF8.self).split(separator: "\n")
    let commits = lines.compactMap { ObjectID($0) }
    guard commits.map({ "\($0)\n" }).joined().utf8.elementsEqual(shallow) else {
      throw Bundle.damaged(path, "its member shallow is no list of commits")
    }
    let ids = manifest.members.compactMap { member -> ObjectID? in
      if case .object(let id)? = MemberKind(member.path) { id } else { nil }
    }
    do {
      try HistoryRepository.make(
        at: folder.appending("artifacts/history.git"), references: manifest.references,
        shallow: commits, ids: ids
      ) { id in RawObject(id: id, bytes: try Files.read(work.appending(id.hex))) }
    } catch let problem as Problem where problem.tier == .damage {
      throw Bundle.damaged(path, problem.message)
    }
    let history = try HistoryRepository(at: folder.appending("artifacts/history.git"))
    guard let run = try history.run(manifest.run), run.branch == manifest.branch else {
      throw Bundle.damaged(path, "its commit \(manifest.run.short) is no run of that branch")
    }
  }
}

/// Writes the members of a bundle to where they belong.
final class MemberSink {
  private let kitchen: OpenedKitchen
  private let store: DiskStore
  private var member: BundleManifest.Member?
  private var held: [UInt8] = []
  private var file: (path: FilePath, descriptor: FileDescriptor)?
  private(set) var shallow: [UInt8] = []

  /// Content up to this many bytes is held in memory.
  private static let limit: Int64 = 4 << 20

  init(kitchen: OpenedKitchen, store: DiskStore) {
    self.kitchen = kitchen
    self.store = store
  }

  deinit { try? file?.descriptor.close() }

  func take(_ member: BundleManifest.Member, _ piece: UnsafeRawBufferPointer) throws {
    if self.member == nil { try begin(member) }
    if let file {
      do { try file.descriptor.writeAll(piece) } catch {
        throw Problem.file("cannot write", file.path, error)
      }
    } else {
      held.append(contentsOf: piece)
    }
  }

  private func begin(_ member: BundleManifest.Member) throws {
    self.member = member
    switch MemberKind(member.path) {
    case .blob where member.size > MemberSink.limit: try open(kitchen.work.appending("blob"))
    case .wheel(let digest):
      let wheel = kitchen.manifest.wheels.first { $0.isIncluded && $0.sha256 == digest }
      if let wheel { try open(kitchen.wheels.appending(wheel.file)) }
    case .object(let id): try open(kitchen.work.appending(id.hex))
    default: break
    }
  }

  private func open(_ path: FilePath) throws {
    do {
      let descriptor = try FileDescriptor.open(
        path, .writeOnly, options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
        permissions: .init(rawValue: 0o644))
      file = (path, descriptor)
    } catch { throw Problem.file("cannot write", path, error) }
  }

  /// The member is whole and has its digest.
  func finish() throws {
    defer {
      member = nil
      held = []
    }
    let path = file?.path
    if let file {
      self.file = nil
      do { try file.descriptor.close() } catch {
        throw Problem.file("cannot write", file.path, error)
      }
    }
    guard let member else { return }
    switch MemberKind(member.path) {
    case .blob:
      if let path {
        _ = try store.putFile(path)
        try Files.remove(path)
      } else {
        try store.put(held)
      }
    case .shallow: shallow = held
    default: break
    }
  }
}
