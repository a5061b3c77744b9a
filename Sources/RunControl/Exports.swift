/// What the control protocol's values are made of.
@_exported import JSONText
