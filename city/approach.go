package city

// Approaches returns the links that lead to junction j, in the order of their first movement: detector n of its controller
// is the n-th one's.
func Approaches(j *Junction) []int32 {
	var list []int32
next:
	for m := range j.Movements {
		if j.Movements[m].Kind != Vehicles {
			continue
		}
		for _, l := range list {
			if l == j.Movements[m].From {
				continue next
			}
		}
		list = append(list, j.Movements[m].From)
	}
	return list
}
