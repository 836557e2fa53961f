package import SystemPackage

/// What is wanted of a program while it runs.
///
/// All closures are called on the thread that follows the program, one at a time.
package struct Supervision: Sendable {
  /// Takes each piece of standard output and error, together in the order in which they came. The
  /// buffer is only valid during the call.
  package var output: @Sendable (UnsafeRawBufferPointer) -> Void = { _ in }

  /// In seconds; afterwards the program is stopped.
  package var timeLimit: Double?

  /// How long a program that is being stopped has between SIGTERM and SIGKILL, in seconds.
  package var grace: Double = 2

  /// Looks at the running program every `interval` seconds, first after `firstInterval`; true stops
  /// it. It is given the process that all others of the program descend from.
  package var inspect: (@Sendable (_ root: Int32) -> Bool)?
  /// In seconds.
  package var firstInterval: Double = 0.1
  /// In seconds.
  package var interval: Double = 0.2

  /// Open descriptors that the program inherits, numbered from 3 on in this order. They stay open
  /// here.
  package var inherited: [FileDescriptor] = []

  /// Whether the program gets one more descriptor, numbered after `inherited`, on which it tells the
  /// id of the process that it guards, as bubblewrap does with `--json-status-fd`:
  /// `{"child-pid": 1234`. SIGTERM then goes to that process's group, and the program has ended when
  /// that process has, which takes its whole process namespace with it.
  package var guardsChild = false

  /// Called with the guarded process as soon as it is known.
  package var childStarted: (@Sendable (_ child: Int32) -> Void)?

  package init() {}

  /// The number that the status descriptor has in the program.
  package var statusDescriptor: Int32 { 3 + Int32(inherited.count) }
}
