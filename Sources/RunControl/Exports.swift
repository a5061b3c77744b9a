/// The values of the control protocol.
@_exported import JSONText
