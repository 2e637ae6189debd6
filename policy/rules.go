package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A Role is what a person is in the operating centre.
type Role string

const (
	Viewer        Role = "viewer"
	DutyOfficer   Role = "duty officer"
	Department    Role = "department"
	Analyst       Role = "analyst"
	Administrator Role = "administrator"
)

// Roles lists the roles.
func Roles() []Role { return []Role{Viewer, DutyOfficer, Department, Analyst, Administrator} }

// A Principal is who asks. The zero one is nobody and may do and see nothing.
type Principal struct {
	Name       string `json:"name"`
	Role       Role   `json:"role"`
	Department string `json:"department,omitempty"` // its id, of a principal whose role is department
}

// A Purpose is what a reader wants the data for.
type Purpose string

const (
	Operation Purpose = "operation" // to act on it now
	Analysis  Purpose = "analysis"  // to learn from it: nothing of persons
)

// An Action is what a principal may or may not do.
type Action string

const (
	Decide     Action = "decide"    // approve and refuse decisions
	Halt       Action = "halt"      // stop all automation, or let it go on
	Fork       Action = "fork"      // make what-if branches, write on them, drop them
	Merge      Action = "merge"     // bring a branch's edits into the branch that it came from
	Write      Action = "write"     // write to main
	Subscribe  Action = "subscribe" // have changes sent
	Administer Action = "users"     // administer users
)

// mayDo lists what each role may do. A department writes to main only entities of the types that it provides.
var mayDo = map[Role][]Action{
	Viewer:        {},
	DutyOfficer:   {Decide, Halt, Fork, Merge, Subscribe},
	Department:    {Write, Subscribe},
	Analyst:       {Fork, Subscribe},
	Administrator: {Decide, Halt, Fork, Merge, Write, Subscribe, Administer},
}

// May lists what a principal may do.
func (who Principal) May() []Action { return slices.Clone(mayDo[who.Role]) }

// Allow returns nil if a principal may do something, otherwise a *Denied.
func (who Principal) Allow(a Action) error {
	if slices.Contains(mayDo[who.Role], a) {
		return nil
	}
	var roles []string
	for _, r := range Roles() {
		if slices.Contains(mayDo[r], a) {
			roles = append(roles, string(r))
		}
	}
	return &Denied{who, fmt.Sprintf("may not %s: that takes %s", map[Action]string{Decide: "decide", Halt: "halt or release automation", Fork: "make, change or drop branches",
		Merge: "merge", Write: "write to main", Subscribe: "subscribe", Administer: "administer users"}[a], strings.Join(roles, " or "))}
}

// Denied says that a principal may not do or see something. It never tells whether what was asked for exists.
type Denied struct {
	Who Principal
	Why string
}

func (d *Denied) Error() string {
	if d.Who.Role == "" {
		return "log in first: nobody " + d.Why
	}
	return fmt.Sprintf("%s (%s) %s", d.Who.Name, d.Who.Role, d.Why)
}

// ErrAbsent is wrapped by errors about something that does not exist, or not for the one who asks.
var ErrAbsent = errors.New("does not exist")

// ErrInvalid is wrapped by errors about a value that can't be taken.
var ErrInvalid = errors.New("invalid")

const (
	userType  = "User"
	idPrefix  = "urn:ngsi-ld:"
	shelfType = "Subscription"
)

// ours are the types of which only the house itself writes entities: an order or a decision that somebody could forge is worth
// nothing as a record.
var ours = []string{userType, shelfType, "Automation", "Command", "Decision", "Forecast"}

// personal are the attributes that tell of a person, by entity type. Those which no department sends so far stand here so that
// they are hidden from the day on which one does.
var personal = map[string][]string{
	"EmergencyCall":  {"location", "address", "caller", "phone", "patient", "text", "description"},
	"CitizenRequest": {"address", "caller", "phone", "email", "text", "description"},
}

// seesType reports whether entities of a type exist for a reader.
func seesType(who Principal, typ string) bool {
	switch typ {
	case userType:
		return who.Role == Administrator
	case shelfType:
		return false
	}
	return who.Role != ""
}

// hiddenAttrs lists the attributes of a type that don't exist for a reader.
func (p *Policy) hiddenAttrs(who Principal, why Purpose, typ string) []string {
	if typ == userType {
		return []string{"passwordHash"}
	}
	list := personal[typ]
	if list == nil || why == Operation && (who.Role == DutyOfficer || who.Role == Administrator || p.provides(who, typ)) {
		return nil
	}
	return list
}

// provides reports whether a principal is of the department that entities of a type come from.
func (p *Policy) provides(who Principal, typ string) bool {
	return who.Role == Department && slices.Contains(p.opt.Provides[who.Department], typ)
}

// reserved reports whether an id belongs to the house's own types.
func reserved(id string) bool {
	rest, ok := strings.CutPrefix(id, idPrefix)
	typ, _, _ := strings.Cut(rest, ":")
	return ok && slices.Contains(ours, typ)
}
