// Package cityflow is a microscopic engine that moves vehicles by CityFlow's rules (Zhang, Feng, Liu, Ding, Zhu, Zhou, Zhang,
// Yu, Jin & Li 2019, "CityFlow: a multi-agent reinforcement learning environment for large scale city traffic scenario", and
// the behaviour of its published simulator), so that scenarios and results published for it can be compared.
//
// In: a city.LaneNet and a city.LaneDemand, as city/importer/cityflow makes them; phases of signals, set from outside. Out:
// vehicles' lanes, positions (m) and speeds (m/s), counts of vehicles and of waiting ones (slower than 0.1 m/s) by lane, and
// each trip's times. One step is one second.
//
// The rules. A vehicle takes the least of: its greatest speed, the lane's limit, what its acceleration allows, the speed that
// can't run into the one ahead if both brake as hard as they can, the same with comfortable braking and the standing gap
// kept, and the speed that keeps its headway. Before a junction it stops for a closed link, and for a lane whose last vehicle
// leaves no room and is slow; it turns at no more than 8.33 m/s. In the junction it gives way where its path crosses another's:
// to who can no longer stop, else straight on goes before left and left before right unless the lower rank is there sooner,
// and among equals the sooner goes; a ring of vehicles that wait for each other is broken. It changes lanes for a longer gap
// ahead: a shadow of it is put into the lane beside, both drive as the slower of the two must until it has moved over, and the
// one behind there makes room if its own lot is lower. It enters where the lane's last vehicle leaves its length and gap.
//
// The engine is a pure function of its inputs: no clock, no goroutine left running, the same bits for any number of threads.
package cityflow
