package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"strings"
)

// A Side is one of the two that a feed joins.
type Side string

// The sides.
const (
	City       Side = "city"
	Department Side = "department"
)

// An Address says where connections of a feed are made: who listens, and at which tcp://host:port, or udp://host:port for a protocol whose messages are
// datagrams. A feed over HTTP has two where both sides ask: the department pushes to the city's address and the city asks at the department's.
type Address struct {
	Feed    string `json:"feed"`
	Listens Side   `json:"listens"`
	At      string `json:"address"`
}

// Host returns the host:port of a stream, or an error that says what is wrong with the address.
func (a Address) Host() (string, error) {
	host, ok := strings.CutPrefix(a.At, "tcp://")
	if _, port, err := net.SplitHostPort(host); !ok || err != nil || port == "" {
		return "", fmt.Errorf("feed %s: address %q is not like tcp://host:port", a.Feed, a.At)
	}
	return host, nil
}

// Datagrams returns the host:port of an address for datagrams, false if it is none.
func (a Address) Datagrams() (string, bool) {
	host, ok := strings.CutPrefix(a.At, "udp://")
	_, port, err := net.SplitHostPort(host)
	return host, ok && err == nil && port != ""
}

// ParseAddresses reads an address list: a JSON array of addresses. A feed has at most one address of a side: many devices of a
// department that listens stand behind one gateway, and a listening city takes any number of connections.
func ParseAddresses(b []byte) ([]Address, error) {
	var list []Address
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&list); err != nil {
		return nil, fmt.Errorf("address list: %w; it is a JSON array of {feed, listens, address}", err)
	}
	return list, CheckAddresses(list)
}

// CheckAddresses says what is wrong with a list, nil if nothing is.
func CheckAddresses(list []Address) error {
	type key struct {
		feed string
		side Side
	}
	seen := map[key]bool{}
	for i, a := range list {
		if a.Feed == "" || a.Listens != City && a.Listens != Department {
			return fmt.Errorf("address list: entry %d: feed %q, listens %q; listens is %s or %s", i+1, a.Feed, a.Listens, City, Department)
		}
		if _, err := a.Host(); err != nil {
			if _, ok := a.Datagrams(); !ok {
				return fmt.Errorf("address list: entry %d: %w", i+1, err)
			}
		}
		k := key{a.Feed, a.Listens}
		if seen[k] {
			return fmt.Errorf("address list: entry %d: feed %s has two addresses where the %s listens; put its devices behind one gateway", i+1, a.Feed, a.Listens)
		}
		seen[k] = true
	}
	return nil
}
