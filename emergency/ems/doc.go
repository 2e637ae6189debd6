// Package ems runs an ambulance service through its calls under a policy: who goes to a call, where a unit waits.
//
// In: a city.EMS and its calls. Out: each call's response time and the figures of the whole. Times are seconds, lengths km.
//
// The rules are those of JEMSS (Ridler, Mason and Raith 2021), event by event: a call can be dispatched a delay after it came;
// a unit drives off the road to the nearest node, the quickest way, and off the road again; it may be diverted where the model
// allows it; calls without a unit wait, the most urgent first; with the patient a unit stays on the scene, drives to the
// nearest hospital by time, hands over, and is free. Drives without a call go by the least urgent priority's travel mode.
//
// Policies: Static (nearest unit, back home), DMEXCLP (Jagtenberg, Bhulai and van der Mei 2015), and Brain, which is ours.
// A policy sees a call when it comes, and of its service what has happened. A run is a pure function of its inputs.
package ems
