// Package open311 reads and writes the JSON of GeoReport v2: citizens' service requests (12345) as a list, one request as a
// POST form, and the answers to it.
//
// In and out: bodies of HTTP messages; nothing here speaks HTTP. Every answer is an array, also of one, as the standard
// says. Positions are WGS 84 degrees; times are ISO 8601 with their offset from UTC. Personal fields of a form (names,
// telephone, e-mail, account, device) are not read, so that they can't be passed on.
package open311
