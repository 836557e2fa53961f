internal import Digests
internal import Documents
internal import Notebook
internal import Store

/// The folder in which a step finds one output of several instances:
///
/// | path | is |
/// | --- | --- |
/// | `index.json` | `[{"axes":{"lora_r":4},"label":"lora_r=4","path":"lora_r=4/rows.jsonl"},…]`, in the order of the instances |
/// | `LABEL/NAME` | the output, called as its step declares it; a folder is `LABEL/` itself |
///
/// It depends on nothing but the labels and the content of the outputs.
struct CollectionFolder {
  let artifact: Artifact
  /// The objects that it adds to the store.
  private var objects: [[UInt8]]

  /// Nil where an output is missing.
  ///
  /// - Parameter output: what a step gave under a name.
  init?(_ collection: StepCollection, output: (StepID, String) -> Artifact?) {
    var objects: [[UInt8]] = []
    var items: [Tree.Item] = []
    for (instance, id) in zip(collection.instances, collection.steps) {
      guard let artifact = output(id, collection.output) else { return nil }
      let entry: Tree.Entry
      switch (artifact.kind, collection.fileName) {
      case (.folder, _): entry = .folder(artifact.digest, size: artifact.size)
      case (.file, let name):
        let file = Tree.Entry.file(artifact.digest, size: artifact.size, isExecutable: false)
        let tree = Tree([Tree.Item(name: name ?? collection.output, entry: file)])
        let bytes = tree.document.canonicalBytes
        objects.append(bytes)
        entry = .folder(Digest(of: bytes), size: tree.size)
      }
      items.append(Tree.Item(name: instance.label.description, entry: entry))
    }
    let index = CollectionFolder.index(of: collection)
    objects.append(index)
    items.append(
      Tree.Item(
        name: "index.json",
        entry: .file(Digest(of: index), size: Int64(index.count), isExecutable: false)))
    let tree = Tree(items)
    let bytes = tree.document.canonicalBytes
    objects.append(bytes)
    artifact = Artifact(kind: .folder, digest: Digest(of: bytes), size: tree.size)
    self.objects = objects
  }

  /// The objects, the first time; afterwards none.
  mutating func takeObjects() -> [[UInt8]] {
    defer { objects = [] }
    return objects
  }

  private static func index(of collection: StepCollection) -> [UInt8] {
    let entries = collection.instances.map { instance -> JSON in
      [
        "label": .string(instance.label.description),
        "path": .string(collection.path(of: instance)),
        "axes": .object(
          Dictionary(
            instance.axes.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })),
      ]
    }
    return JSON.array(entries).canonicalBytes + [UInt8(ascii: "\n")]
  }
}
