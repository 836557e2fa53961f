import Files
import Foundation
import SystemPackage

/// Gives a fresh folder to some work and removes it afterwards.
func withTemporaryFolder<Result>(_ work: (FilePath) throws -> Result) throws -> Result {
  let folder = try Files.makeTemporaryFolder(
    in: FilePath(FileManager.default.temporaryDirectory.path), prefix: "larder-rows-")
  defer { try? Files.remove(folder) }
  return try work(folder)
}

/// The content of a small file as text.
func text(_ path: FilePath) throws -> String { try Files.readText(path) }
