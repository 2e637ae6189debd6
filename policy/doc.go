// Package policy says who may see and do what, and for which purpose.
//
// In: a twin, the departments' entity types, people's names and passwords. Out: a Principal for a name and password or for a
// session's token; a View, which reads a branch as one principal may for one purpose; writes, forks and merges that are refused
// to whoever may not.
//
// What a View hides is absent to Get, Query, Count, Types, History, Diff and Watch alike: no filter, order, count or distance
// can tell whether it is there. The rules are few and stand in rules.go: users are seen by administrators, a password's hash by
// nobody, what tells of a person (where a call came from, the address of a request) only for the purpose of operation, by the
// duty officer, by administrators and by the department whose entity it is.
//
// Users are logged changes of main, as everything else is: they survive a restart and have a history. A password is kept as
// PBKDF2-HMAC-SHA-256 (RFC 8018, clause 5.2) with 600,000 rounds and a salt of 16 bytes. A session is 32 random bytes, of which
// only a SHA-256 is held, in memory: it ends after 12 hours, with the process, and with any change of the user's password.
//
// What is not here: single sign-on, second factors, keys per subject for personal attributes (they lie in the log in clear), a
// purpose that somebody checks (a reader declares it), rules as data, and hiding of fields (depths and speeds tell of no person).
package policy
