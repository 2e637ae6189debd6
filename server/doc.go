// Package server is the HTTP side of a running city: the console, its live stream and replay, map tiles, what the twin knows of
// anything on the map, decisions and people's verdicts on them.
//
// In: the brain and its twin, read between ticks by whoever runs them (Observe). Out: HTTP. Readers never hold up the city:
// each tick is published as immutable messages, a slow client skips to the newest, and verdicts wait in a queue for the next
// tick. It knows nothing of the world.
//
// Who asks is a session (a cookie, or Authorization: Bearer) of a user that package policy keeps. While a twin has no users, and
// the server listens on this machine alone, whoever sits here is the administrator; from the first user on, all but the
// console's own files, /healthz and the login stands behind a session, and /metrics behind one or this machine. What is answered
// of the twin comes from a policy.View; the status of the stream comes without the calls to whoever may not know their places.
// Requests that change something are refused when they come from another site's page.
//
//	POST /api/login {name,password}  POST /api/logout  GET /api/me
//	GET /api/branches  POST /api/branches {name,from,kind}  DELETE /api/branches?name=  GET /api/diff?a=&b=  POST /api/merge {from,into}
//	GET /api/history?id=&attr=[&clock=]  GET /api/history?id=&at=[&clock=]  (purpose=analysis hides what tells of persons)
//	GET /api/junction?id=  (movements, queues, delays, what it will show in two minutes, what the runner-up would cost)
//	GET /api/street?id=  (a street's time–space diagram: what its signals have shown and will, who drives along it, delay by mode)
//	GET /api/profile?id=[&t=]  GET /api/profile?line=lon,lat~lon,lat[&t=]  (a street's, a creek's or a line's long profile; line: 2 to 100 points, 40 km)
//	GET /api/reach?lon=&lat=[&kind=][&t=]  (seconds from a place to everywhere, by a unit's kind, car or walk, within the hour)
//	GET /api/coverage[?kind=]  (the chance everywhere that the next call is reached in time by who is free now)
//	GET /api/detail?id=  (of a decision: the units that could have gone and their ways; who leaves for where by which road)
//	GET /api/frame?t=[&branch=][&show=mean|median|p90|chance]  (what the newest forecast's members say; an older branch has their mean; a trial of signals its streets' speeds)
//	GET /api/hydrograph?id=  (a water gauge's forecast, and what was forecast of it)  GET /api/workplan?id=  (a pump's or a gate's)
//	GET /api/districts  (their outlines; their damage is in /api/forecast)
//	GET POST PATCH DELETE /api/users[?name=]  GET /api/backup  GET /api/version
//
// The live stream is a sequence of messages: type (1 byte), 3 spare bytes, length of the payload (u32), payload; all numbers
// little-endian. Types: 1 vehicles, 2 signals, 3 water, 4 status (JSON), 5 speeds, 6 units under way
// (JSON), 7 decisions (JSON: all at first, then those that are new or have changed); see message.go.
package server
