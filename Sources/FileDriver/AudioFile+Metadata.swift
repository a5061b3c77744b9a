import CSndFile
import Glibc

extension AudioFile {
  /// Texts that libsndfile finds in most formats.
  enum Tag {
    case comment, date

    fileprivate var number: Int32 { self == .comment ? Int32(SF_STR_COMMENT) : Int32(SF_STR_DATE) }
  }

  func text(_ tag: Tag) -> String? {
    sf_get_string(file, tag.number).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The first `most` bytes of a RIFF chunk by its name of four letters; nil: the file has none. Call it before `read`.
  func chunk(_ name: String, most: Int) -> [UInt8]? {
    var info = SF_CHUNK_INFO()
    withUnsafeMutableBytes(of: &info.id) { $0.copyBytes(from: name.utf8.prefix(4)) }
    info.id_size = 4
    guard let iterator = sf_get_chunk_iterator(file, &info), sf_get_chunk_size(iterator, &info) == 0 else { return nil }
    let count = min(Int(info.datalen), most)
    guard count > 0 else { return nil }
    // The chunk's length is the file's word: bytes that the file lacks stay zero.
    var bytes = [UInt8](repeating: 0, count: count)
    info.datalen = UInt32(count)
    let status = bytes.withUnsafeMutableBytes { buffer in
      info.data = buffer.baseAddress
      return sf_get_chunk_data(iterator, &info)
    }
    return status == 0 ? bytes : nil
  }
}

extension AudioFile {
  /// The description in the `bext` chunk; empty: there is none.
  public var broadcastDescription: String {
    let bytes = chunk("bext", most: 256) ?? []
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}
