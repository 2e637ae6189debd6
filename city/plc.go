package city

// The water authority's controllers (PLC) hold these Modbus registers; both ends agree on them here. Pump station i is unit
// PumpUnit+i, gate i is unit GateUnit+i.
const (
	PumpUnit = 1
	GateUnit = 160
	// MaxPumps and MaxGates are how many of them have a unit: Modbus numbers units to 247.
	MaxPumps = GateUnit - PumpUnit
	MaxGates = 248 - GateUnit

	PLCInstalled = 0 // pumps: units installed
	PLCRunning   = 1 // pumps: units that run; gates: opening, %
	PLCOrder     = 2 // order in force, PLCLocal: by its own switch levels
	PLCFlow      = 3 // l/s
	PLCInner     = 4 // level of the source (pumps) or the creek (gates), cm above −10 m of the terrain's datum
	PLCWatchdog  = 5 // s left of the order in force
	PLCReadable  = 6 // how many registers can be read

	PLCSetOrder    = 10 // units to run, or opening in %; PLCLocal: back to its own switch levels
	PLCSetWatchdog = 11 // s for which the order holds unless it is written again

	PLCLocal = 0xFFFF
)
