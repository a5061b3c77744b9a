@_exported import Graph
@_exported import NodeLife
