/// What host and nodes have in common: the ABI's flags.
@_exported import NodeABI
