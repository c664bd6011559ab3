/// Follows a solution along a parameter: each point starts from the one before, in steps that shrink where solving
/// fails and grow where it is easy.
struct Continuation {
  /// The first and largest step of the parameter.
  var step: Double
  /// Steps below this mean that the branch has ended.
  var smallestStep: Double

  /// The solution at parameter `end`, starting from the solution `state` at `start`; nil when the branch ends on the
  /// way. `solve(parameter, state)` returns the solution at the parameter, or nil.
  func follow<State>(
    from start: Double, _ state: State, to end: Double, solve: (Double, State) -> State?
  ) -> State? {
    var (position, state, length) = (start, state, step)
    while position != end {
      let next = abs(end - position) <= length ? end : position + (end > position ? length : -length)
      if let found = solve(next, state) {
        (position, state) = (next, found)
        length = min(1.5 * length, step)
      } else {
        length = min(length, abs(next - position)) / 2
        if length < smallestStep { return nil }
      }
    }
    return state
  }
}
