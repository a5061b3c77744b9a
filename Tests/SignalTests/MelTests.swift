import TestSupport
import Testing

@Suite struct MelTests {
  private func configure(_ parameters: [String: String]) throws -> (StreamRig, RigFormat) {
    let stft = try StreamRig("stft", ["length": "512"])
    let mel = try StreamRig("mel", parameters)
    return (mel, try mel.configure(stft.configure(RigFormat(audioChannels: 1, rate: 16000))))
  }

  @Test func warnsOfEmptyBands() throws {
    let (mel, format) = try configure(["bands": "256"])
    #expect(
      mel.log == [
        "24 of the 256 mel bands are empty: no bin of the spectrum falls into them; use fewer bands or a longer fft"
      ])
    #expect(format.native.columns == 256)
    #expect(try configure(["bands": "40"]).0.log == [])
  }

  /// Centres as in `librosa.mel_frequencies(n_mels=4 + 2, fmin=100, fmax=4000)`.
  @Test(arguments: [
    ("slaney", [548.85013753, 997.70027506, 1584.89319246, 2517.85082359]),
    ("htk", [439.96511458, 924.40057807, 1614.69998888, 2598.34654755]),
  ]) func centers(scale: String, expected: [Float]) throws {
    let (_, format) = try configure(["bands": "4", "fmin": "100", "fmax": "4 kHz", "scale": scale])
    #expect(difference(format.frequencies, expected) < 0.001)
  }

  @Test(arguments: [
    (["fmax": "9 kHz"], "fmax: 9000.0 Hz is above half of the rate, 8000.0 Hz"),
    (["fmin": "3 kHz", "fmax": "2 kHz"], "fmin: 3000.0 Hz is not below the highest frequency, 2000.0 Hz"),
  ]) func refuses(_ parameters: [String: String], _ message: String) throws {
    let problem = #expect(throws: StreamRig.Problem.self) { try configure(parameters) }
    #expect(problem?.description == message)
  }
}
