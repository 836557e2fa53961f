// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target is checked the same way: strict concurrency, explicit existentials, imports
/// that do not leak, and no warning left standing.
let checked: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

/// The commit that `larder --version` prints.
let commit = Context.gitInformation.map {
  String($0.currentCommit.prefix(10)) + ($0.hasUncommittedChanges ? "+" : "")
}

let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

func module(
  _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil
) -> Target {
  .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: checked)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, exclude: exclude, swiftSettings: checked)
}

let package = Package(
  name: "larder",
  products: [.executable(name: "larder", targets: ["larder"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
  ],
  targets: [
    // System libraries, as Debian packages them.
    .systemLibrary(name: "CCmark", pkgConfig: "libcmark-gfm", providers: [.apt(["libcmark-gfm-dev", "libcmark-gfm-extensions-dev"])]),
    .systemLibrary(name: "CGit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CNettle", pkgConfig: "nettle", providers: [.apt(["nettle-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),

    .target(name: "CRelease", cSettings: [.define("LARDER_COMMIT", to: "\"\(commit ?? "")\"")]),

    // Foundations: no knowledge of recipes.
    module("Problems"),
    module("Documents", ["Problems"]),
    module("Digests", ["Documents", "CNettle"]),
    module("BlockingWork"),
    module("Files", ["Problems", "Digests", system]),
    module("Processes", ["Problems", "CLinux", system]),
    module("Transfer", ["Problems", "Digests", "Files", "CCurl", system]),

    // The kitchen: what is kept, and where.
    module("Store", ["Problems", "Documents", "Digests", "Files", "BlockingWork", "CZstd", system, .product(name: "GRDB", package: "GRDB.swift")]),
    module("History", ["Problems", "Documents", "Digests", "Files", "Store", "CGit2", system]),

    // The recipe: what is asked.
    module("Notebook", ["Problems", "Documents", "Digests", "Files", "CCmark", system, .product(name: "Yams", package: "Yams")]),
    module("Planning", ["Documents", "Digests", "Notebook", "Store"]),

    // The work: what is done.
    module("Comparison", ["Problems", "Documents", "Digests", "Files", system]),
    module("Rows", ["Problems", "Documents", "Digests", "BlockingWork", "Files", "Comparison", system]),
    module("Recording", ["Problems", "Documents", "Digests", "Files", "Processes", "Transfer", "Store", "Notebook", "Comparison", system]),
    module("Models", ["Problems", "Documents", "Transfer", "Recording"]),
    module("Environments", ["Problems", "Documents", "Digests", "BlockingWork", "Files", "Processes", "Transfer", "Notebook", system]),
    module("Steps", ["Problems", "Documents", "Digests", "Files", "Notebook", "Rows", "Comparison", "Recording", "Models", system], resources: [.embedInCode("Programs"), .embedInCode("Environments")]),
    module("Executors", ["Problems", "Documents", "Digests", "BlockingWork", "Files", "Processes", system]),
    module("Bundles", ["Problems", "Documents", "Digests", "BlockingWork", "Files", "Processes", "Store", "History", "Notebook", "Environments", "CZstd", system]),
    module("Running", ["Problems", "Documents", "Digests", "BlockingWork", "Files", "Processes", "Store", "History", "Notebook", "Planning", "Recording", "Environments", "Steps", "Executors", "CRelease", system]),

    module("Replay", ["Problems", "Documents", "Digests", "BlockingWork", "Files", "Store", "History", "Notebook", "Planning", "Recording", "Environments", "Steps", "Executors", "Comparison", "Running", system]),

    // Looking at what was done: experiments compared, shown as pages, served to a browser.
    module("Experiments", ["CLinux", "Problems", "Documents", "Digests", "BlockingWork", "Files", "Store", "History", "Notebook", "Planning", "Recording", "Steps", "Rows", "Comparison", "Running", system]),

    // The command line.
    module("Reporting", ["Problems", "Documents", "Digests", "Store", "Notebook", "Rows", "Running", "Replay", "Comparison", "Experiments", system]),
    module("WebPage", ["Problems", "Documents", "Digests", "Files", "Store", "History", "Notebook", "Steps", "Rows", "Comparison", "Running", "Replay", "Experiments", "Reporting", "CCmark", system], resources: [.embedInCode("Look")]),
    module("Serving", ["Problems", "Documents", "Digests", "BlockingWork", "Files", "Store", "History", "Notebook", "Steps", "Rows", "Comparison", "Running", "Replay", "Experiments", "Reporting", "WebPage", "CLinux", system, .product(name: "FlyingSocks", package: "FlyingFox")], resources: [.embedInCode("Assets")]),
    module("Commands", ["Problems", "Documents", "Digests", "BlockingWork", "Files", "Processes", "Store", "History", "Notebook", "Steps", "Rows", "Executors", "Running", "Replay", "Experiments", "Reporting", "WebPage", "Serving", "Comparison", "Bundles", system, .product(name: "ArgumentParser", package: "swift-argument-parser")]),
    .executableTarget(name: "larder", dependencies: ["Commands"], swiftSettings: checked),

    tests("FoundationsTests", ["Problems", "Documents", "Digests", "BlockingWork", "Files", system]),
    tests("TransferTests", ["Problems", "Documents", "Digests", "Files", "Transfer", system], exclude: ["Server"]),
    tests("StoreTests", ["Problems", "Documents", "Digests", "Files", "Store", "BlockingWork", system]),
    tests("HistoryTests", ["Problems", "Documents", "Digests", "Files", "Store", "History", system]),
    tests("NotebookTests", ["Problems", "Documents", "Digests", "Files", "Notebook", system], exclude: ["Snapshots"]),
    tests("PlanningTests", ["Documents", "Digests", "Notebook", "Store", "Planning", system]),
    tests("ComparisonTests", ["Problems", "Documents", "Digests", "Files", "Comparison", system], exclude: ["Reference"]),
    tests("RowsTests", ["Problems", "Documents", "Digests", "Files", "Comparison", "Rows", system]),
    tests("RecordingTests", ["Problems", "Documents", "Digests", "Files", "Processes", "Transfer", "Store", "Notebook", "Recording", system]),
    tests("ModelsTests", ["Problems", "Documents", "Digests", "Files", "Transfer", "Store", "Recording", "Models", "Steps", system], exclude: ["Server"]),
    tests("EnvironmentsTests", ["Problems", "Documents", "Digests", "Files", "Processes", "Notebook", "Environments", "Executors", system]),
    tests("BundlesTests", ["Problems", "Documents", "Digests", "Files", "Processes", "Store", "History", "Bundles", system]),
    tests("StepsTests", ["Problems", "Documents", "Digests", "Files", "Notebook", "Rows", "Comparison", "Steps", system]),
    tests("ExecutorsTests", ["Problems", "Documents", "Digests", "Files", "Processes", "Executors", system]),
    tests("RunningTests", ["Problems", "Documents", "Digests", "Files", "Store", "History", "Notebook", "Planning", "Executors", "Steps", "Running", "Reporting", system]),
    tests("ExperimentsTests", ["Problems", "Documents", "Digests", "Files", "Store", "History", "Notebook", "Rows", "Comparison", "Running", "Experiments", "Reporting", "WebPage", system]),
    tests("WebPageTests", ["Problems", "Documents", "Digests", "Files", "Store", "History", "Notebook", "Rows", "Replay", "Comparison", "Running", "Experiments", "Reporting", "WebPage", system], exclude: ["Snapshots"]),
    tests("ServingTests", ["Problems", "Documents", "Files", "WebPage", "Serving", system]),
    // Runs the built binary.
    tests("EndToEndTests", ["Problems", "Documents", "Digests", "Files", "Processes", system]),
  ]
)
