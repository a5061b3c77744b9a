@_exported import class RealtimeCore.Arena
