import JSONText
import TextEscapes

/// The messages by which Home Assistant finds the machines of a run: a binary sensor for the alarm and a sensor for the
/// score of each machine.
struct HomeAssistant {
  let run: String
  let graph: String
  let topics: Topics

  func messages(_ machines: [String]) -> [RetainedMessage] {
    machines.flatMap { machine in
      [
        message(
          machine, "binary_sensor", "alarm",
          [
            "name": "Alarm", "device_class": "problem",
            "value_template": "{{ 'ON' if value_json.state == 'alarm' else 'OFF' }}",
            "json_attributes_topic": .text(topics.of(machine, "state")),
          ]),
        message(
          machine, "sensor", "score",
          ["name": "Score", "state_class": "measurement", "value_template": "{{ value_json.score }}"]),
      ]
    }
  }

  private func message(
    _ machine: String, _ component: String, _ object: String, _ members: [String: JSONValue]
  ) -> RetainedMessage {
    let device = "auscult_\(TopicText.identifier(run))_\(TopicText.identifier(machine))"
    let common: [String: JSONValue] = [
      "unique_id": .text("\(device)_\(object)"), "state_topic": .text(topics.of(machine, "state")),
      "availability_topic": .text(topics.status), "payload_available": "online", "payload_not_available": "offline",
      "device": [
        "identifiers": [.text(device)], "name": .text(machine), "manufacturer": "Auscult", "model": .text(graph),
      ],
    ]
    return RetainedMessage(
      topic: "homeassistant/\(component)/\(device)/\(object)/config",
      payload: JSONValue.object(common.merging(members) { $1 }).json)
  }
}
