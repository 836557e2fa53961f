import Digests
import Documents
import Notebook
import Problems
import Testing

@testable import Recording

@Suite struct LicenceTests {
  @Test(arguments: [
    ("MIT", "MIT"), ("mit or apache-2.0", "mit OR apache-2.0"), ("(MIT)", "MIT"),
    ("MIT AND (A-1 or B-2)", "MIT AND (A-1 OR B-2)"),
    ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
    ("LicenseRef-own", "LicenseRef-own"), ("GPL-2.0+", "GPL-2.0+"),
    ("A OR B AND C", "A OR (B AND C)"),
  ])
  func expressions(text: String, canonical: String) {
    #expect(Licence(text)?.text == canonical)
  }

  @Test(arguments: [
    "", "MIT OR", "OR MIT", "(MIT", "MIT)", "MIT Apache-2.0", "MIT/X11", "a,b", "WITH", "-", "()",
    "A WITH", "Apache License, Version 2.0",
  ])
  func noExpressions(text: String) { #expect(Licence(text) == nil) }

  @Test(arguments: [
    ("MIT", ["MIT"], true), ("mit", ["MIT"], true), ("MIT", ["Apache-2.0"], false),
    ("MIT", [], false), ("MIT OR GPL-3.0-only", ["MIT"], true),
    ("MIT AND GPL-3.0-only", ["MIT"], false),
    ("MIT AND GPL-3.0-only", ["MIT", "GPL-3.0-only"], true),
    ("(MIT OR X) AND Y", ["X", "Y"], true), ("(MIT OR X) AND Y", ["X"], false),
    ("A WITH B", ["A"], false), ("A WITH B", ["A WITH B"], true), ("MIT OR X", ["MIT OR X"], true),
  ])
  func allowed(text: String, list: [String], isAllowed: Bool) throws {
    #expect(try #require(Licence(text)).isAllowed(by: list) == isAllowed)
  }

  @Test(arguments: [
    ("License-Expression: MIT OR Apache-2.0\nLicense: GPL\n", "MIT OR Apache-2.0"),
    ("License: MIT\n", "MIT"), ("License: MIT License\n", "MIT"),
    ("License: The MIT License (MIT)\n", nil),
    ("License: Apache License, Version 2.0\n", "Apache-2.0"),
    ("License: Apache 2.0\n", "Apache-2.0"),
    ("License: Apache Software License 2.0\n", "Apache-2.0"),
    ("License: apache-2.0\n", "Apache-2.0"),
    ("License: BSD-3-Clause\n", "BSD-3-Clause"),
    ("License: BSD 3-Clause License\n", "BSD-3-Clause"),
    ("License: 3-Clause BSD License\n", "BSD-3-Clause"), ("License: BSD\n", nil),
    ("License: GPLv3+\n", "GPL-3.0-or-later"), ("License: MPL-2.0\n", "MPL-2.0"),
    ("License: MIT OR Apache-2.0\n", "MIT OR Apache-2.0"),
    ("License: CC0 1.0 Universal\n", "CC0-1.0"),
    ("License: UNKNOWN\n", nil), ("License: see LICENSE file\n", nil), ("Name: x\n", nil),
    ("License: Copyright (c) somebody\n   Permission is hereby granted\n", nil),
    ("Classifier: License :: OSI Approved :: MIT License\n", "MIT"),
    ("Classifier: License :: OSI Approved :: BSD License\nLicense: BSD-2-Clause\n", "BSD-2-Clause"),
    ("Classifier: License :: OSI Approved :: BSD License\n", nil),
    (
      "Classifier: License :: OSI Approved :: Apache Software License\nClassifier: License :: OSI Approved :: MIT License\n",
      "Apache-2.0 AND MIT"
    ),
    ("Classifier: Programming Language :: Python\n", nil),
    ("Name: x\n\nLicense: MIT\n", nil), ("license:MIT\r\n", "MIT"),
  ])
  func metadata(text: String, licence: String?) {
    #expect(WheelMetadata("Metadata-Version: 2.1\n" + text).licence == licence)
  }

  private func pin(_ licence: String?) -> Lock.Source {
    Lock.Source(
      request: .object([:]), revision: nil, sha256: Digest(of: ""), size: 0, mediaType: nil,
      licence: licence)
  }

  @Test(arguments: [
    (String?.some("MIT"), String?.none, [String]?.some(["MIT"])), ("MIT", nil, nil),
    (nil, nil, nil),
    (nil, "CC0-1.0", ["CC0-1.0"]), ("GPL-3.0-only", "MIT", ["MIT"]),
  ])
  func sourcesLetIn(found: String?, declared: String?, allowed: [String]?) throws {
    try LicenceCheck.check(
      try #require(StepID("base")), pin: pin(found),
      parameters: ["licence": declared.map { .string($0) } ?? .null], allowed: allowed)
  }

  @Test(arguments: [
    (
      String?.some("GPL-3.0-only"), String?.none, ["MIT", "CC0-1.0"],
      "cannot use the source `base`: its licence is GPL-3.0-only, and the recipe allows only MIT, CC0-1.0"
    ),
    (
      nil, nil, ["MIT"],
      "cannot use the source `base`: its licence is not known, and the recipe allows only MIT"
    ),
    (
      "MIT", "GPL-3.0-only", ["MIT"],
      "cannot use the source `base`: its licence is GPL-3.0-only, and the recipe allows only MIT"
    ),
    (
      "MIT", nil, [],
      "cannot use the source `base`: its licence is MIT, and the recipe allows only none"
    ),
    (
      nil, "The MIT License", ["MIT"],
      "cannot read the licence `The MIT License`: it is no SPDX expression"
    ),
  ])
  func sourcesKeptOut(found: String?, declared: String?, allowed: [String], message: String) throws
  {
    let step = try #require(StepID("base"))
    let problem = #expect(throws: Problem.self) {
      try LicenceCheck.check(
        step, pin: pin(found), parameters: ["licence": declared.map { .string($0) } ?? .null],
        allowed: allowed)
    }
    #expect(problem?.message == message)
    #expect(problem?.code == "licence" && problem?.tier == .user)
  }
}
