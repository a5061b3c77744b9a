import CSystemCalls

/// Whether the wall clock, which gives records their time, is synchronised.
enum ClockCheck: DoctorCheck {
  static func findings(_ examination: Examination) -> [Finding] {
    if clock_is_synchronised() == 1 { return [Finding("clock", .ok, "the clock is synchronised")] }
    return [
      Finding(
        "clock", .warning, "the clock is not synchronised: the times of records may be wrong",
        advice: "start a time service (timedatectl set-ntp true, or install chrony); on a computer without a network, "
          + "use a real-time clock")
    ]
  }
}
