// The order of records, and the stretches of time that alarms last.

/** A sorted copy of records or entries, by their `time`. */
export const newestFirst = records =>
  [...records].sort((one, other) => String(other.time).localeCompare(String(one.time)));

/**
 * From each raised alarm until it is cleared, or until now.
 * @param alarms records, the newest first; @param now milliseconds since 1970.
 */
export function raised(alarms, now) {
  const spans = [];
  let end = now;
  for (const alarm of alarms) {
    const time = Date.parse(alarm.time);
    if (Number.isNaN(time)) continue;
    if (alarm.state === "raised") spans.push({ from: time, to: end, name: "alarm", kind: "alarm" });
    if (alarm.state === "raised" || alarm.state === "cleared") end = time;
  }
  return spans;
}
