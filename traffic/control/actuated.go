package control

// Actuation are the settings of tuned actuation.
type Actuation struct {
	Gap     float64 `json:"gap_s"`   // the longest time between vehicles at the stop line for which a green goes on
	Reach   float64 `json:"reach_m"` // how far before the stop line a moving vehicle still extends it
	Longest float64 `json:"longest_s"`
}
