internal import Digests
package import Notebook
package import Problems

extension Lock.Environment {
  /// Reads a hash-locked list: lines of the form `six==1.17.0 --hash=sha256:…`, one hash each, blank
  /// lines and comments. A comment behind an entry may give the file's name, as in
  /// `# rouge_score-0.1.2.tar.gz`, which marks it as a source distribution.
  ///
  /// - Parameters:
  ///   - text: the list.
  ///   - name: what the environment is called.
  ///   - python: the Python that its files are for.
  /// - Throws: a user problem that names the line.
  package init(shipped text: String, name: String, python: String = "3.11") throws(Problem) {
    var files: [File] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let parts = line.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
      let entry = parts.first.map { $0.split(whereSeparator: \.isWhitespace) } ?? []
      if entry.isEmpty { continue }
      guard let file = Requirement.pinned(entry.joined(separator: " ")) else {
        throw Problem(
          .user, "environment-list",
          "cannot read line \(index + 1) of the environment `\(name)`: `\(line)`",
          hint: "each line is NAME==VERSION --hash=sha256:DIGEST")
      }
      var named = file
      let comment = parts.dropFirst().first?.split(whereSeparator: \.isWhitespace) ?? []
      if comment.count == 1, let word = comment.first, Requirement.isFileName(word) {
        named.file = String(word)
      }
      files.append(named)
    }
    files.sort { ($0.name, $0.version) < ($1.name, $1.version) }
    self.init(
      name: name, requirements: files.map { "\($0.name)==\($0.version)" }, python: python,
      files: files)
  }
}
