@_exported import Graph
@_exported import NodeLife

@_exported import struct GraphCompiler.NodeCosts
