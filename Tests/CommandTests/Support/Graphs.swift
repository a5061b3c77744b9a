/// The smallest graph: counts and discards its input.
let plainGraph = """
  graph: plain
  nodes:
    mic: { type: source }
    louder: { type: gain, gain: 2 }
    end: { type: sink.null }
  links: mic -> louder -> end
  """

/// From sound to arrays and records: bands at 16 kHz, a detector that learns for a second.
let watchGraph = """
  graph: watch
  nodes:
    mic: { type: source, machines: [fan-00] }
    stft: { type: stft, length: 512, hop: 256 }
    mel: { type: mel, bands: 32 }
    level: { type: normalize, mode: decibel }
    slices: { type: slicer, length: 8 frames, hop: 50 % }
    judge: { type: detector.level, learn: 1 s }
    bands: { type: sink.npy, path: bands.npy, append: false }
    log: { type: sink.jsonl, path: log.jsonl, append: false }
  links:
    - mic -> stft -> mel -> level -> slices -> judge -> log
    - level -> bands
  """
