struct Nothing {
  func process() {}
}
