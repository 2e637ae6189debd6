package policy

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"citybrain/twin"
)

// rounds is the work factor of PBKDF2-HMAC-SHA-256 that OWASP's cheat sheet on password storage gives (2023).
const rounds = 600_000

// Bounds of a password, in characters and bytes. The lower one is NIST SP 800-63B's for a password that stands alone.
const (
	minPassword = 8
	maxPassword = 1024
)

var (
	noTime   time.Time
	userName = regexp.MustCompile(`^[\p{L}\p{N}](?:[\p{L}\p{N}._@ -]{0,62}[\p{L}\p{N}])?$`)
)

type user struct {
	Principal
	hash string
}

func userID(name string) string { return idPrefix + userType + ":" + url.PathEscape(name) }

func asUser(e *twin.Entity) user {
	var u user
	u.Name, _ = e.Text("name")
	role, _ := e.Text("role")
	u.Role = Role(role)
	u.Department, _ = e.Text("department")
	u.hash, _ = e.Text("passwordHash")
	return u
}

func (p *Policy) user(name string) (user, bool) {
	e, ok := p.twin.Main().Snapshot().Get(userID(name))
	if !ok {
		return user{}, false
	}
	return asUser(&e), true
}

// Users lists the users by name.
func (p *Policy) Users(who Principal) ([]Principal, error) {
	if err := who.Allow(Administer); err != nil {
		return nil, err
	}
	return p.users(), nil
}

func (p *Policy) users() []Principal {
	var list []Principal
	for e := range p.twin.Main().Snapshot().Query(twin.Query{Types: []string{userType}}) {
		list = append(list, asUser(&e).Principal)
	}
	slices.SortFunc(list, func(a, b Principal) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// AddUser makes a user. The name must be new.
func (p *Policy) AddUser(who, u Principal, password string) error {
	if err := who.Allow(Administer); err != nil {
		return err
	}
	if !userName.MatchString(u.Name) {
		return fmt.Errorf("user %q: %w: a name is 1 to 64 letters, digits, blanks, . _ @ -, with a letter or digit at both ends", u.Name, ErrInvalid)
	}
	if u.Name == "brain" || p.opt.Local != nil && u.Name == p.opt.Local.Name {
		return fmt.Errorf("user %q: %w: the name is taken by the house, and records must tell the two apart", u.Name, ErrInvalid)
	}
	if err := p.checkRole(u); err != nil {
		return err
	}
	hash, err := p.hash(u.Name, password)
	if err != nil {
		return err
	}
	p.write.Lock()
	defer p.write.Unlock()
	if _, ok := p.user(u.Name); ok {
		return fmt.Errorf("user %q: %w: there is one already", u.Name, ErrTaken)
	}
	return p.keep(who, user{u, hash})
}

// ErrTaken is wrapped by errors about a name that exists.
var ErrTaken = fmt.Errorf("taken")

// A UserChange is what changes of a user; nil is as it was. The role department needs a department.
type UserChange struct {
	Role       *Role   `json:"role"`
	Department *string `json:"department"`
	Password   *string `json:"password"`
}

// ChangeUser changes a user. A new password ends the user's sessions; a new role holds from the next request on.
func (p *Policy) ChangeUser(who Principal, name string, c UserChange) error {
	if err := who.Allow(Administer); err != nil {
		return err
	}
	var hash string
	if c.Password != nil {
		var err error
		if hash, err = p.hash(name, *c.Password); err != nil {
			return err
		}
	}
	p.write.Lock()
	defer p.write.Unlock()
	u, ok := p.user(name)
	if !ok {
		return fmt.Errorf("user %q %w", name, ErrAbsent)
	}
	was := u.Role
	if c.Role != nil {
		u.Role = *c.Role
		if u.Role != Department && c.Department == nil {
			u.Department = ""
		}
	}
	if c.Department != nil {
		u.Department = *c.Department
	}
	if hash != "" {
		u.hash = hash
	}
	if err := p.checkRole(u.Principal); err != nil {
		return err
	}
	if was == Administrator && u.Role != Administrator {
		if err := p.notLast(name); err != nil {
			return err
		}
	}
	return p.keep(who, u)
}

// RemoveUser removes a user, and with it the user's sessions and subscriptions.
func (p *Policy) RemoveUser(who Principal, name string) error {
	if err := who.Allow(Administer); err != nil {
		return err
	}
	p.write.Lock()
	defer p.write.Unlock()
	u, ok := p.user(name)
	if !ok {
		return fmt.Errorf("user %q %w", name, ErrAbsent)
	}
	if u.Role == Administrator {
		if err := p.notLast(name); err != nil {
			return err
		}
	}
	batch := []twin.Change{twin.Delete(userID(name))}
	for _, s := range p.Subscriptions() {
		if s.Owner == name { // else they would be those of the next user of this name
			batch = append(batch, twin.Delete(s.ID))
		}
	}
	for i := range batch {
		batch[i].Origin = twin.Edit
	}
	_, err := p.twin.Main().Apply(batch...)
	return err
}

// notLast refuses to take the last administrator away: nobody could make another.
func (p *Policy) notLast(name string) error {
	for _, u := range p.users() {
		if u.Role == Administrator && u.Name != name {
			return nil
		}
	}
	return fmt.Errorf("user %q: %w: it is the last administrator; make another first", name, ErrInvalid)
}

func (p *Policy) checkRole(u Principal) error {
	if !slices.Contains(Roles(), u.Role) {
		return fmt.Errorf("user %q: %w: role %q; there are %v", u.Name, ErrInvalid, u.Role, Roles())
	}
	if (u.Role == Department) != (u.Department != "") {
		return fmt.Errorf("user %q: %w: department %q of role %s; the role department has one, no other has", u.Name, ErrInvalid, u.Department, u.Role)
	}
	if _, ok := p.opt.Provides[u.Department]; !ok && u.Department != "" && p.opt.Provides != nil {
		return fmt.Errorf("user %q: %w: there is no department %q", u.Name, ErrInvalid, u.Department)
	}
	return nil
}

// keep writes a user to the log, with who asked for it.
func (p *Policy) keep(who Principal, u user) error {
	c := twin.Set(userID(u.Name), userType, twin.Text("name", u.Name, noTime), twin.Text("role", string(u.Role), noTime), twin.Text("department", u.Department, noTime),
		twin.Text("passwordHash", u.hash, noTime), twin.Text("by", who.Name, noTime))
	c.Origin = twin.Edit
	if _, err := p.twin.Main().Apply(c); err != nil {
		return fmt.Errorf("user %q: %w", u.Name, err)
	}
	return nil
}

// hash returns what is kept of a password: the scheme, its rounds, salt and key.
func (p *Policy) hash(name, password string) (string, error) {
	if n := utf8.RuneCountInString(password); n < minPassword || len(password) > maxPassword {
		return "", fmt.Errorf("user %q: %w: a password of %d characters; give %d or more, up to %d bytes", name, ErrInvalid, n, minPassword, maxPassword)
	}
	salt := make([]byte, 16)
	rand.Read(salt) // never fails: crypto/rand ends the process instead
	key, err := pbkdf2.Key(sha256.New, password, salt, p.opt.Rounds, 32)
	if err != nil {
		return "", fmt.Errorf("user %q: %w", name, err)
	}
	return fmt.Sprintf("pbkdf2-sha256$%d$%s$%s", p.opt.Rounds, base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)), nil
}

// nobodysHash is compared with where there is no such user, so that the time of an answer does not tell.
func (p *Policy) nobodysHash() string {
	zero := base64.RawStdEncoding.EncodeToString(make([]byte, 16))
	return fmt.Sprintf("pbkdf2-sha256$%d$%s$%s", p.opt.Rounds, zero, base64.RawStdEncoding.EncodeToString(make([]byte, 32)))
}

// matches compares a password with a kept hash in constant time; a hash that can't be read matches nothing.
func matches(hash, password string) bool {
	parts := strings.Split(hash, "$")
	if len(parts) != 4 || parts[0] != "pbkdf2-sha256" {
		return false
	}
	n, err := strconv.Atoi(parts[1])
	salt, err2 := base64.RawStdEncoding.DecodeString(parts[2])
	want, err3 := base64.RawStdEncoding.DecodeString(parts[3])
	if err != nil || err2 != nil || err3 != nil || n < 1 || len(want) != 32 {
		return false
	}
	key, err := pbkdf2.Key(sha256.New, password, salt, n, 32)
	return err == nil && subtle.ConstantTimeCompare(key, want) == 1
}
