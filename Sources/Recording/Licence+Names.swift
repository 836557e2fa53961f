internal import Foundation

/// How package authors write licences, and the SPDX identifier that they mean.
extension Licence {
  /// The identifier for a licence's name in a package's `License` field, or nil where it is
  /// ambiguous (`BSD`) or the text of a licence.
  static func named(_ text: String) -> String? {
    let line = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !line.contains("\n"), line.count <= 80 else { return nil }
    if let exact = identifiers[line.lowercased()] { return exact }
    // Spelling differs in the words that carry no meaning.
    var words = line.lowercased().replacing(",", with: " ").replacing("\"", with: " ")
      .replacing("-", with: " ").replacing("(", with: " ").replacing(")", with: " ")
      .split(separator: " ").map(String.init)
    words.removeAll { ["the", "license", "licence", "version", "software", "v"].contains($0) }
    words = words.map { word in
      word.first == "v" && word.dropFirst().first?.isNumber == true
        ? String(word.dropFirst()) : word
    }
    if let name = names[words.joined(separator: " ")] { return name }
    guard let licence = Licence(line), line.contains(" ") else { return nil }
    // An expression counts where every identifier in it is known; free text may look like one.
    let known = licence.text.replacing("(", with: "").replacing(")", with: "").split(separator: " ")
      .allSatisfy { ["AND", "OR"].contains($0) || identifiers[$0.lowercased()] != nil }
    return known ? licence.text : nil
  }

  /// The identifier for a trove classifier, or nil where it names a family only.
  static func classified(_ classifier: String) -> String? {
    guard classifier.hasPrefix("License :: ") else { return nil }
    return classifier.components(separatedBy: " :: ").last.flatMap { classifiers[$0] }
  }

  private static let identifiers: [String: String] = {
    let all = [
      "MIT", "MIT-0", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSD-4-Clause", "0BSD", "ISC",
      "MPL-1.1", "MPL-2.0", "LGPL-2.1-only", "LGPL-2.1-or-later", "LGPL-3.0-only",
      "LGPL-3.0-or-later", "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later",
      "AGPL-3.0-only", "AGPL-3.0-or-later", "CC0-1.0", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-3.0",
      "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0", "ODbL-1.0", "ODC-By-1.0",
      "PDDL-1.0", "Unlicense", "WTFPL", "Zlib", "PSF-2.0", "Python-2.0", "BSL-1.0", "EPL-1.0",
      "EPL-2.0", "EUPL-1.2", "Artistic-2.0", "HPND", "ZPL-2.1", "OFL-1.1", "NCSA", "MulanPSL-2.0",
      "OGL-UK-3.0", "CDLA-Permissive-2.0", "Unicode-3.0",
    ]
    return Dictionary(uniqueKeysWithValues: all.map { ($0.lowercased(), $0) })
  }()

  private static let names: [String: String] = [
    "mit": "MIT", "expat": "MIT", "mit expat": "MIT",
    "apache 2.0": "Apache-2.0", "apache 2": "Apache-2.0", "apache2": "Apache-2.0",
    "apache2.0": "Apache-2.0", "asl 2.0": "Apache-2.0",
    "bsd 3 clause": "BSD-3-Clause", "3 clause bsd": "BSD-3-Clause", "new bsd": "BSD-3-Clause",
    "modified bsd": "BSD-3-Clause", "bsd 3": "BSD-3-Clause", "bsd new": "BSD-3-Clause",
    "bsd 2 clause": "BSD-2-Clause", "2 clause bsd": "BSD-2-Clause",
    "simplified bsd": "BSD-2-Clause",
    "isc": "ISC", "unlicense": "Unlicense", "zlib": "Zlib", "wtfpl": "WTFPL",
    "mpl 2.0": "MPL-2.0", "mozilla public 2.0": "MPL-2.0", "mpl2": "MPL-2.0",
    "gplv2": "GPL-2.0-only", "gpl 2.0": "GPL-2.0-only", "gplv3": "GPL-3.0-only",
    "gpl 3.0": "GPL-3.0-only", "gpl 3": "GPL-3.0-only", "gplv3+": "GPL-3.0-or-later",
    "lgplv3": "LGPL-3.0-only", "lgplv2.1": "LGPL-2.1-only", "agplv3": "AGPL-3.0-only",
    "cc0": "CC0-1.0", "cc0 1.0": "CC0-1.0", "cc0 1.0 universal": "CC0-1.0",
    "cc by 4.0": "CC-BY-4.0", "cc by sa 4.0": "CC-BY-SA-4.0", "psf": "PSF-2.0",
    "psfl": "PSF-2.0", "python foundation": "PSF-2.0",
  ]

  private static let classifiers: [String: String] = [
    "MIT License": "MIT", "MIT No Attribution License (MIT-0)": "MIT-0",
    "Apache Software License": "Apache-2.0", "ISC License (ISCL)": "ISC",
    "Mozilla Public License 1.1 (MPL 1.1)": "MPL-1.1",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "GNU Affero General Public License v3": "AGPL-3.0-only",
    "GNU Affero General Public License v3 or later (AGPLv3+)": "AGPL-3.0-or-later",
    "Python Software Foundation License": "PSF-2.0", "The Unlicense (Unlicense)": "Unlicense",
    "zlib/libpng License": "Zlib", "Boost Software License 1.0 (BSL-1.0)": "BSL-1.0",
    "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication": "CC0-1.0",
    "Eclipse Public License 2.0 (EPL-2.0)": "EPL-2.0",
    "European Union Public Licence 1.2 (EUPL 1.2)": "EUPL-1.2",
    "Zope Public License": "ZPL-2.1", "SIL Open Font License 1.1 (OFL-1.1)": "OFL-1.1",
    "Universal Permissive License (UPL)": "UPL-1.0",
    "Historical Permission Notice and Disclaimer (HPND)": "HPND",
  ]
}
