package cap

import (
	"encoding/xml"
	"fmt"
	"strings"
	"time"
)

// MediaType is what links and content of alerts are marked with.
const MediaType = "application/cap+xml"

// A Feed lists alerts.
type Feed struct {
	ID      string // an IRI that never changes
	Title   string
	Author  string
	Updated time.Time
	Link    string // of the feed itself; may be empty
	Entries []Entry
}

// An Entry is one alert of a feed.
type Entry struct {
	ID      string
	Title   string
	Updated time.Time
	Summary string
	Link    string // of the alert's document; may be empty if the alert is carried
	Alert   *Alert // nil if the entry only links to it
}

type atomLink struct {
	Rel  string `xml:"rel,attr,omitempty"`
	Type string `xml:"type,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomContent struct {
	Type string `xml:"type,attr"`
	XML  string `xml:",innerxml"`
}

type atomEntry struct {
	ID      string       `xml:"http://www.w3.org/2005/Atom id"`
	Title   string       `xml:"http://www.w3.org/2005/Atom title"`
	Updated string       `xml:"http://www.w3.org/2005/Atom updated"`
	Summary string       `xml:"http://www.w3.org/2005/Atom summary,omitempty"`
	Links   []atomLink   `xml:"http://www.w3.org/2005/Atom link"`
	Content *atomContent `xml:"http://www.w3.org/2005/Atom content"`
}

type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string      `xml:"http://www.w3.org/2005/Atom id"`
	Title   string      `xml:"http://www.w3.org/2005/Atom title"`
	Updated string      `xml:"http://www.w3.org/2005/Atom updated"`
	Author  string      `xml:"http://www.w3.org/2005/Atom author>name,omitempty"`
	Links   []atomLink  `xml:"http://www.w3.org/2005/Atom link"`
	Entries []atomEntry `xml:"http://www.w3.org/2005/Atom entry"`
}

// ParseFeed reads a feed. A carried alert that is not valid CAP 1.2 is an error that names its entry; the entries before it
// are returned with it. Alerts must declare their namespace themselves, as a document does.
func ParseFeed(b []byte) (Feed, error) {
	var x atomFeed
	if err := xml.Unmarshal(b, &x); err != nil {
		return Feed{}, fmt.Errorf("cap feed: %w; send an atom feed", err)
	}
	f := Feed{ID: strings.TrimSpace(x.ID), Title: x.Title, Author: x.Author}
	if f.ID == "" {
		return Feed{}, fmt.Errorf("cap feed: id is missing; give the feed one")
	}
	var err error
	if f.Updated, err = atomTime(x.Updated); err != nil {
		return Feed{}, fmt.Errorf("cap feed %s: %w", f.ID, err)
	}
	for _, l := range x.Links {
		if l.Rel == "self" {
			f.Link = l.Href
		}
	}
	for i, e := range x.Entries {
		entry := Entry{ID: strings.TrimSpace(e.ID), Title: e.Title, Summary: e.Summary}
		if entry.ID == "" {
			return f, fmt.Errorf("cap feed %s: entry %d: id is missing; give it one", f.ID, i+1)
		}
		if entry.Updated, err = atomTime(e.Updated); err != nil {
			return f, fmt.Errorf("cap feed %s: entry %s: %w", f.ID, entry.ID, err)
		}
		for _, l := range e.Links {
			if l.Type == MediaType || entry.Link == "" && l.Rel != "self" {
				entry.Link = l.Href
			}
		}
		if c := e.Content; c != nil && strings.HasSuffix(c.Type, "xml") && c.Type != "xhtml" {
			a, err := Parse([]byte(strings.TrimSpace(c.XML)))
			if err != nil {
				return f, fmt.Errorf("cap feed %s: entry %s: %w", f.ID, entry.ID, err)
			}
			entry.Alert = &a
		}
		f.Entries = append(f.Entries, entry)
	}
	return f, nil
}

func atomTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, strings.TrimSpace(s))
	if err != nil {
		return t, fmt.Errorf("updated %q; write a time of rfc 3339", s)
	}
	_, offset := t.Zone()
	return t.In(time.FixedZone("", offset)), nil
}

// MarshalFeed writes a feed with the alerts that its entries carry.
func MarshalFeed(f Feed) ([]byte, error) {
	if f.ID == "" {
		return nil, fmt.Errorf("cap feed: id is missing; give the feed one")
	}
	x := atomFeed{ID: f.ID, Title: f.Title, Author: f.Author, Updated: f.Updated.Format(time.RFC3339)}
	if f.Link != "" {
		x.Links = []atomLink{{Rel: "self", Href: f.Link}}
	}
	for i, e := range f.Entries {
		if e.ID == "" || e.Link == "" && e.Alert == nil {
			return nil, fmt.Errorf("cap feed %s: entry %d: id %q with neither link nor alert; give it an id and one of them", f.ID, i+1, e.ID)
		}
		y := atomEntry{ID: e.ID, Title: e.Title, Updated: e.Updated.Format(time.RFC3339), Summary: e.Summary}
		if e.Link != "" {
			y.Links = []atomLink{{Rel: "alternate", Type: MediaType, Href: e.Link}}
		}
		if e.Alert != nil {
			b, err := Marshal(*e.Alert)
			if err != nil {
				return nil, fmt.Errorf("cap feed %s: entry %s: %w", f.ID, e.ID, err)
			}
			y.Content = &atomContent{MediaType, strings.TrimPrefix(string(b), xml.Header)}
		}
		x.Entries = append(x.Entries, y)
	}
	b, err := xml.MarshalIndent(x, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("cap feed %s: %w", f.ID, err)
	}
	return append([]byte(xml.Header), append(b, '\n')...), nil
}
