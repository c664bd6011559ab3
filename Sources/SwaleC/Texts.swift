import Glibc
import Swale
import Synchronization

/// A text in C's form, freed with the last reference.
final class CText: @unchecked Sendable {
  let pointer: UnsafePointer<CChar>
  private let memory: UnsafeMutablePointer<CChar>?

  /// An empty text when memory is short.
  init(_ string: String) {
    memory = strdup(string)
    pointer = memory.map { UnsafePointer($0) } ?? emptyText
  }

  deinit { free(memory) }
}

/// Texts handed to C that live as long as the object they belong to. The same text is kept once.
final class TextPool: Sendable {
  private let texts = Mutex<[String: CText]>([:])

  func pointer(_ string: String) -> UnsafePointer<CChar> {
    texts.withLock { texts in
      if let known = texts[string] { return known.pointer }
      let text = CText(string)
      texts[string] = text
      return text.pointer
    }
  }
}

/// Texts that live as long as the process: names, sentences and defaults of the registry and other fixed words, of
/// which there are only so many. Never for names that a caller makes up.
private let processTexts = TextPool()

func permanent(_ string: String) -> UnsafePointer<CChar> { processTexts.pointer(string) }

private nonisolated(unsafe) let emptyText: UnsafePointer<CChar> = {
  let text = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
  text.pointee = 0
  return UnsafePointer(text)
}()
