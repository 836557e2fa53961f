internal import Commands

@main
struct Larder {
  static func main() async {
    await LarderProgram.run()
  }
}
