package cap

import (
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A particle is an element of the schema, with what this schema uses of XML Schema: sequences, numbers of times, enumerations,
// patterns and a few simple types.
type particle struct {
	Name string `xml:"name,attr"`
	Ref  string `xml:"ref,attr"`
	Type string `xml:"type,attr"`
	Min  string `xml:"minOccurs,attr"`
	Max  string `xml:"maxOccurs,attr"`
	Rule *struct {
		Base    string   `xml:"base,attr"`
		Pattern []valued `xml:"pattern"`
		Values  []valued `xml:"enumeration"`
	} `xml:"simpleType>restriction"`
	Parts []particle `xml:"complexType>sequence>element"`
}

type valued struct {
	Value string `xml:"value,attr"`
}

// A node is an element of a document.
type node struct {
	XMLName xml.Name
	Text    string `xml:",chardata"`
	Nodes   []node `xml:",any"`
}

func (p *particle) name() string { return p.Name + strings.TrimPrefix(p.Ref, "cap:") }

func (p *particle) bounds() (low, high int) {
	low, high = 1, 1
	if p.Min == "0" {
		low = 0
	}
	if p.Max == "unbounded" {
		high = 1 << 30
	}
	return low, high
}

// check says what in n is against p.
func (p *particle) check(n *node) error {
	if n.XMLName.Space != Namespace || n.XMLName.Local != p.name() {
		return fmt.Errorf("%s where %s is due", n.XMLName.Local, p.name())
	}
	text := strings.TrimSpace(n.Text)
	if p.Rule != nil {
		ok := len(p.Rule.Values) == 0
		for _, v := range p.Rule.Values {
			ok = ok || v.Value == n.Text
		}
		for _, v := range p.Rule.Pattern {
			ok = ok && regexp.MustCompile("^(?:"+v.Value+")$").MatchString(text)
		}
		if p.Rule.Base == "xs:dateTime" {
			_, err := time.Parse("2006-01-02T15:04:05-07:00", text)
			ok = ok && err == nil
		}
		if !ok {
			return fmt.Errorf("%s: %q", p.name(), n.Text)
		}
	}
	switch p.Type {
	case "xs:integer":
		if _, err := strconv.ParseInt(text, 10, 64); err != nil {
			return fmt.Errorf("%s: %q", p.name(), text)
		}
	case "xs:decimal":
		if !regexp.MustCompile(`^[+-]?(\d+(\.\d*)?|\.\d+)$`).MatchString(text) {
			return fmt.Errorf("%s: %q", p.name(), text)
		}
	}
	if len(p.Parts) == 0 {
		if len(n.Nodes) > 0 {
			return fmt.Errorf("%s has elements", p.name())
		}
		return nil
	}
	at := 0
	for i := range p.Parts {
		q := &p.Parts[i]
		low, high := q.bounds()
		k := 0
		for ; k < high && at < len(n.Nodes) && n.Nodes[at].XMLName.Local == q.name(); k, at = k+1, at+1 {
			if err := q.check(&n.Nodes[at]); err != nil {
				return err
			}
		}
		if k < low {
			return fmt.Errorf("%s without %s", p.name(), q.name())
		}
	}
	if at < len(n.Nodes) {
		return fmt.Errorf("%s: %s is out of place", p.name(), n.Nodes[at].XMLName.Local)
	}
	return nil
}

// oasis reads the OASIS schema, or skips the test when the reference data is not there.
func oasis(t *testing.T) (alert *particle, folder string) {
	t.Helper()
	root := os.Getenv("CITYBRAIN_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	folder = filepath.Join(root, "data", "emergency", "standards")
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("reference data not there: %v", err)
	}
	b, err := os.ReadFile(filepath.Join(folder, "CAP-v1.2.xsd"))
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		Elements []particle `xml:"element"`
	}
	if err := xml.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	for i := range s.Elements {
		if s.Elements[i].Name == "alert" && len(s.Elements[i].Parts) == 14 {
			return &s.Elements[i], folder
		}
	}
	t.Fatal("the schema has no element alert of 14 parts")
	return nil, ""
}

func valid(t *testing.T, s *particle, b []byte) error {
	t.Helper()
	var n node
	if err := xml.Unmarshal(b, &n); err != nil {
		t.Fatal(err)
	}
	return s.check(&n)
}

// full is an alert with every element that CAP has.
func full(t *testing.T) []byte {
	t.Helper()
	a := sample()
	size, feet := int64(1234), 30.25
	a.Source, a.Note, a.Incidents, a.Codes = "gauges", "a note", "i1 i2", []string{"c1", "c2"}
	a.Scope, a.Restriction = "Restricted", "staff"
	x := &a.Infos[1]
	x.Audience, x.SenderName, x.Description, x.Instruction, x.Web, x.Contact = "all", "office", "text", "stay away", "https://example.org/a", "120"
	x.EventCodes, x.Effective = []Pair{{"SAME", "FFW"}}, x.Onset
	x.Resources = []Resource{{Desc: "map", MimeType: "image/png", Size: &size, URI: "https://example.org/m.png", Digest: strings.Repeat("a", 40)}}
	x.Areas[0].Ceiling = &feet
	b, err := Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhatWeWriteIsValidBySchema(t *testing.T) {
	s, _ := oasis(t)
	for _, b := range [][]byte{full(t)} {
		if err := valid(t, s, b); err != nil {
			t.Errorf("%v in\n%s", err, b)
		}
		if _, err := Parse(b); err != nil {
			t.Errorf("our own alert: %v", err)
		}
	}
	b, err := Marshal(sample())
	if err != nil {
		t.Fatal(err)
	}
	if err := valid(t, s, b); err != nil {
		t.Error(err)
	}
}

func TestTheStandardsExampleGoesThrough(t *testing.T) {
	s, folder := oasis(t)
	b, err := os.ReadFile(filepath.Join(folder, "cap_amber_alert_example.xml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := valid(t, s, b); err != nil {
		t.Fatalf("the example is against the schema: %v", err)
	}
	a, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	if err := valid(t, s, again); err != nil {
		t.Errorf("written again: %v", err)
	}
}

// TestWhatTheSchemaRefusesWeRefuse spoils a full alert in every way that touches one element: left out, twice, in another
// place, with another text. Parse may be stricter than the schema, never more lenient.
func TestWhatTheSchemaRefusesWeRefuse(t *testing.T) {
	s, _ := oasis(t)
	text := string(full(t))
	leaf := regexp.MustCompile(`<([A-Za-z]+)>([^<]*)</([A-Za-z]+)>`)
	spoiled, refused := 0, 0
	try := func(what, doc string) {
		var n node
		if xml.Unmarshal([]byte(doc), &n) != nil {
			return
		}
		spoiled++
		if err := s.check(&n); err != nil {
			refused++
			if _, e := Parse([]byte(doc)); e == nil {
				t.Errorf("%s: the schema says %v, Parse takes it", what, err)
			}
		}
	}
	all := leaf.FindAllStringSubmatchIndex(text, -1)
	for i, m := range all {
		name, one := text[m[2]:m[3]], text[m[0]:m[1]]
		try("without "+name, text[:m[0]]+text[m[1]:])
		try("twice "+name, text[:m[1]]+one+text[m[1]:])
		try("nonsense in "+name, text[:m[4]]+"nonsense"+text[m[5]:])
		try("1e3 in "+name, text[:m[4]]+"1e3"+text[m[5]:])
		try("nothing in "+name, text[:m[4]]+text[m[5]:])
		if i > 0 {
			p := all[i-1]
			try("moved up "+name, text[:p[0]]+one+text[p[0]:m[0]]+text[m[1]:])
		}
		try("unknown "+name, text[:m[0]]+"<mood>x</mood>"+text[m[0]:])
	}
	if refused < 100 {
		t.Errorf("%d of %d spoiled alerts are refused by the schema: the test looks at too few", refused, spoiled)
	}
}
