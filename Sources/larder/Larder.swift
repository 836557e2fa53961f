internal import Commands

@main
struct Larder {
  static func main() {}
}
