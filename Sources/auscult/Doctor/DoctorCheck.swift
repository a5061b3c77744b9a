/// One check of `auscult doctor`.
protocol DoctorCheck {
  static func findings(_ examination: Examination) -> [Finding]
}
