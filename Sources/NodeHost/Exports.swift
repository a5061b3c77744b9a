/// The ABI's flags, which host and nodes share.
@_exported import NodeABI
