package cap

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Namespace is that of CAP 1.2.
const Namespace = "urn:oasis:names:tc:emergency:cap:1.2"

// An Alert is one message. Lists of values are those of clause 3.2; Validate knows them.
type Alert struct {
	XMLName     xml.Name `xml:"urn:oasis:names:tc:emergency:cap:1.2 alert"`
	Identifier  string   `xml:"identifier"` // unique with the sender; no blank, comma, < or &
	Sender      string   `xml:"sender"`
	Sent        Time     `xml:"sent"`
	Status      string   `xml:"status"`  // Actual Exercise System Test Draft
	MsgType     string   `xml:"msgType"` // Alert Update Cancel Ack Error
	Source      string   `xml:"source,omitempty"`
	Scope       string   `xml:"scope"` // Public Restricted Private
	Restriction string   `xml:"restriction,omitempty"`
	Addresses   string   `xml:"addresses,omitempty"` // with scope Private
	Codes       []string `xml:"code"`
	Note        string   `xml:"note,omitempty"`
	References  string   `xml:"references,omitempty"` // see Refs
	Incidents   string   `xml:"incidents,omitempty"`
	Infos       []Info   `xml:"info"`
}

// An Info is the alert in one language.
type Info struct {
	Language      string     `xml:"language,omitempty"` // zh-CN, en; empty means en-US
	Categories    []string   `xml:"category"`           // Geo Met Safety Security Rescue Fire Health Env Transport Infra CBRNE Other
	Event         string     `xml:"event"`
	ResponseTypes []string   `xml:"responseType"` // Shelter Evacuate Prepare Execute Avoid Monitor Assess AllClear None
	Urgency       string     `xml:"urgency"`      // Immediate Expected Future Past Unknown
	Severity      string     `xml:"severity"`     // Extreme Severe Moderate Minor Unknown
	Certainty     string     `xml:"certainty"`    // Observed Likely Possible Unlikely Unknown
	Audience      string     `xml:"audience,omitempty"`
	EventCodes    []Pair     `xml:"eventCode"`
	Effective     *Time      `xml:"effective"`
	Onset         *Time      `xml:"onset"`
	Expires       *Time      `xml:"expires"`
	SenderName    string     `xml:"senderName,omitempty"`
	Headline      string     `xml:"headline,omitempty"`
	Description   string     `xml:"description,omitempty"`
	Instruction   string     `xml:"instruction,omitempty"`
	Web           string     `xml:"web,omitempty"`
	Contact       string     `xml:"contact,omitempty"`
	Parameters    []Pair     `xml:"parameter"`
	Resources     []Resource `xml:"resource"`
	Areas         []Area     `xml:"area"`
}

// A Pair is a named value: event code, parameter, geocode.
type Pair struct {
	Name  string `xml:"valueName"`
	Value string `xml:"value"`
}

// A Resource is a file that belongs to an alert.
type Resource struct {
	Desc     string `xml:"resourceDesc"`
	MimeType string `xml:"mimeType"`
	Size     *int64 `xml:"size"` // bytes
	URI      string `xml:"uri,omitempty"`
	DerefURI string `xml:"derefUri,omitempty"` // the content, base64
	Digest   string `xml:"digest,omitempty"`   // SHA-1
}

// An Area is where an alert holds: the union of its shapes.
type Area struct {
	Desc     string    `xml:"areaDesc"`
	Polygons []Polygon `xml:"polygon"`
	Circles  []Circle  `xml:"circle"`
	Geocodes []Pair    `xml:"geocode"`
	Altitude *float64  `xml:"altitude"` // feet above mean sea level
	Ceiling  *float64  `xml:"ceiling"`  // feet above mean sea level
}

// A Point is a position in WGS 84.
type Point struct{ Lat, Lon float64 }

func (p Point) String() string { return number(p.Lat) + "," + number(p.Lon) }

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func (p Point) valid() bool {
	return math.Abs(p.Lat) <= 90 && math.Abs(p.Lon) <= 180 // false for NaN
}

func point(s string) (Point, error) {
	lat, lon, ok := strings.Cut(s, ",")
	a, err1 := strconv.ParseFloat(lat, 64)
	o, err2 := strconv.ParseFloat(lon, 64)
	if p := (Point{a, o}); ok && err1 == nil && err2 == nil && p.valid() {
		return p, nil
	}
	return Point{}, fmt.Errorf("position %q; write lat,lon in degrees", s)
}

// A Polygon is a closed ring: four points or more, the last equal to the first.
type Polygon []Point

// MarshalText writes lat,lon pairs.
func (p Polygon) MarshalText() ([]byte, error) {
	s := make([]string, len(p))
	for i := range p {
		s[i] = p[i].String()
	}
	return []byte(strings.Join(s, " ")), nil
}

// UnmarshalText reads lat,lon pairs; a bad pair is an error.
func (p *Polygon) UnmarshalText(b []byte) error {
	*p = nil
	for _, s := range strings.Fields(string(b)) {
		q, err := point(s)
		if err != nil {
			return fmt.Errorf("cap polygon: %w", err)
		}
		*p = append(*p, q)
	}
	return nil
}

// A Circle is a centre and a radius.
type Circle struct {
	Centre Point
	Radius float64 // km
}

// MarshalText writes lat,lon radius.
func (c Circle) MarshalText() ([]byte, error) {
	return []byte(c.Centre.String() + " " + number(c.Radius)), nil
}

// UnmarshalText reads lat,lon radius.
func (c *Circle) UnmarshalText(b []byte) error {
	f := strings.Fields(string(b))
	if len(f) != 2 {
		return fmt.Errorf("cap circle: %q; write lat,lon and a radius in km", b)
	}
	p, err := point(f[0])
	if err != nil {
		return fmt.Errorf("cap circle: %w", err)
	}
	r, err := strconv.ParseFloat(f[1], 64)
	if err != nil {
		return fmt.Errorf("cap circle: radius %q; write km", f[1])
	}
	*c = Circle{p, r}
	return nil
}

// A Time is a date and time with its offset, to the second.
type Time struct{ time.Time }

const layout = "2006-01-02T15:04:05-07:00"

var timePattern = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d$`)

// At is a pointer to t as a Time, for the optional times of an Info.
func At(t time.Time) *Time { return &Time{t} }

// MarshalText writes the offset as +hh:mm, for UTC too.
func (t Time) MarshalText() ([]byte, error) {
	s := t.Format(layout)
	if !timePattern.MatchString(s) {
		return nil, fmt.Errorf("cap time %s; give a year of 0 to 9999", s)
	}
	return []byte(s), nil
}

// UnmarshalText takes the form of the standard only: an offset, never Z. −00:00 is UTC.
func (t *Time) UnmarshalText(b []byte) error {
	s := strings.TrimSpace(string(b))
	v, err := time.Parse(layout, s)
	if err != nil || !timePattern.MatchString(s) {
		return fmt.Errorf("cap time %q; write 2026-11-23T14:30:00+08:00", s)
	}
	// A fixed zone keeps the result free of the machine's own zone.
	_, offset := v.Zone()
	t.Time = v.In(time.FixedZone("", offset))
	return nil
}

// A Ref names an earlier alert.
type Ref struct {
	Sender, Identifier string
	Sent               Time
}

// Ref is the name of a itself, by which duplicates are known and updates refer to it.
func (a Alert) Ref() Ref { return Ref{a.Sender, a.Identifier, a.Sent} }

// String is the form in References.
func (r Ref) String() string { return r.Sender + "," + r.Identifier + "," + r.Sent.Format(layout) }

// JoinRefs writes References.
func JoinRefs(refs ...Ref) string {
	s := make([]string, len(refs))
	for i := range refs {
		s[i] = refs[i].String()
	}
	return strings.Join(s, " ")
}

// Refs reads References.
func (a Alert) Refs() ([]Ref, error) {
	var out []Ref
	for _, s := range strings.Fields(a.References) {
		part := strings.Split(s, ",")
		if len(part) != 3 {
			return nil, fmt.Errorf("cap references: %q; write sender,identifier,sent", s)
		}
		r := Ref{Sender: part[0], Identifier: part[1]}
		if err := r.Sent.UnmarshalText([]byte(part[2])); err != nil {
			return nil, fmt.Errorf("cap references: %w", err)
		}
		out = append(out, r)
	}
	return out, nil
}

// Info is the block in the language, by its tag or, failing that, by the tag's first part; nil if there is none.
func (a *Alert) Info(language string) *Info {
	first := func(s string) string { s, _, _ = strings.Cut(strings.ToLower(s), "-"); return s }
	var near *Info
	for i := range a.Infos {
		tag := a.Infos[i].Language
		if tag == "" {
			tag = "en-US"
		}
		if strings.EqualFold(tag, language) {
			return &a.Infos[i]
		}
		if near == nil && first(tag) == first(language) {
			near = &a.Infos[i]
		}
	}
	return near
}

// Parse reads one alert and validates it.
func Parse(b []byte) (Alert, error) {
	if err := structure(b); err != nil {
		return Alert{}, err
	}
	var a Alert
	if err := xml.Unmarshal(b, &a); err != nil {
		return Alert{}, fmt.Errorf("cap alert: %w; send well-formed cap 1.2", err)
	}
	trim(&a)
	if err := a.Validate(); err != nil {
		return Alert{}, err
	}
	return a, nil
}

// Marshal validates a and writes it as a document.
func Marshal(a Alert) ([]byte, error) {
	if err := a.Validate(); err != nil {
		return nil, err
	}
	a.XMLName = xml.Name{}
	b, err := xml.MarshalIndent(a, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("cap alert %s: %w", a.Identifier, err)
	}
	b = append([]byte(xml.Header), append(b, '\n')...)
	if err := structure(b); err != nil {
		return nil, err
	}
	return b, nil
}

// trim takes the blanks off values that are names, as XML's own whitespace rules do for tokens.
func trim(a *Alert) {
	t := func(all ...*string) {
		for _, s := range all {
			*s = strings.TrimSpace(*s)
		}
	}
	t(&a.Identifier, &a.Sender, &a.Status, &a.MsgType, &a.Scope, &a.References)
	for i := range a.Infos {
		n := &a.Infos[i]
		t(&n.Language, &n.Urgency, &n.Severity, &n.Certainty)
		for j := range n.Categories {
			t(&n.Categories[j])
		}
		for j := range n.ResponseTypes {
			t(&n.ResponseTypes[j])
		}
	}
}

var lists = map[string][]string{
	"status":       {"Actual", "Exercise", "System", "Test", "Draft"},
	"msgType":      {"Alert", "Update", "Cancel", "Ack", "Error"},
	"scope":        {"Public", "Restricted", "Private"},
	"category":     {"Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other"},
	"responseType": {"Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"},
	"urgency":      {"Immediate", "Expected", "Future", "Past", "Unknown"},
	"severity":     {"Extreme", "Severe", "Moderate", "Minor", "Unknown"},
	"certainty":    {"Observed", "Likely", "Possible", "Unlikely", "Unknown"},
}

func listed(name, value string) error {
	if slices.Contains(lists[name], value) {
		return nil
	}
	return fmt.Errorf("%s %q; use one of %s", name, value, strings.Join(lists[name], " "))
}

var languagePattern = regexp.MustCompile(`^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*$`)

// Validate checks every value; nil means that the alert may be sent.
func (a Alert) Validate() error {
	bad := func(err error) error { return fmt.Errorf("cap alert %q: %w", a.Identifier, err) }
	for _, v := range [][2]string{{"identifier", a.Identifier}, {"sender", a.Sender}} {
		if v[1] == "" || strings.ContainsAny(v[1], " ,<&\t\r\n") {
			return bad(fmt.Errorf("%s %q; write one without blank, comma, < or &", v[0], v[1]))
		}
	}
	if a.Sent.IsZero() {
		return bad(fmt.Errorf("sent is missing; give the time of sending"))
	}
	for _, v := range [][2]string{{"status", a.Status}, {"msgType", a.MsgType}, {"scope", a.Scope}} {
		if err := listed(v[0], v[1]); err != nil {
			return bad(err)
		}
	}
	if a.Scope == "Restricted" && a.Restriction == "" {
		return bad(fmt.Errorf("scope Restricted without restriction; say who may see it"))
	}
	if a.Scope == "Private" && a.Addresses == "" {
		return bad(fmt.Errorf("scope Private without addresses; say for whom it is"))
	}
	refs, err := a.Refs()
	if err != nil {
		return bad(err)
	}
	if len(refs) == 0 && (a.MsgType == "Update" || a.MsgType == "Cancel") {
		return bad(fmt.Errorf("msgType %s without references; name the alert that it changes", a.MsgType))
	}
	for i, n := range a.Infos {
		if err := n.validate(); err != nil {
			return bad(fmt.Errorf("info %d: %w", i+1, err))
		}
	}
	return nil
}

func (n Info) validate() error {
	if n.Language != "" && !languagePattern.MatchString(n.Language) {
		return fmt.Errorf("language %q; write a tag such as zh-CN", n.Language)
	}
	if len(n.Categories) == 0 {
		return fmt.Errorf("category is missing; use one of %s", strings.Join(lists["category"], " "))
	}
	for _, v := range n.Categories {
		if err := listed("category", v); err != nil {
			return err
		}
	}
	for _, v := range n.ResponseTypes {
		if err := listed("responseType", v); err != nil {
			return err
		}
	}
	if strings.TrimSpace(n.Event) == "" {
		return fmt.Errorf("event is empty; name the event")
	}
	for _, v := range [][2]string{{"urgency", n.Urgency}, {"severity", n.Severity}, {"certainty", n.Certainty}} {
		if err := listed(v[0], v[1]); err != nil {
			return err
		}
	}
	for i, r := range n.Resources {
		if r.Desc == "" || r.MimeType == "" {
			return fmt.Errorf("resource %d: resourceDesc %q, mimeType %q; give both", i+1, r.Desc, r.MimeType)
		}
	}
	for i, a := range n.Areas {
		if err := a.validate(); err != nil {
			return fmt.Errorf("area %d: %w", i+1, err)
		}
	}
	return nil
}

func (a Area) validate() error {
	if a.Desc == "" {
		return fmt.Errorf("areaDesc is empty; name the area")
	}
	for i, p := range a.Polygons {
		if len(p) < 4 || p[0] != p[len(p)-1] {
			return fmt.Errorf("polygon %d: %d points; give four or more, the last equal to the first", i+1, len(p))
		}
		for _, q := range p {
			if !q.valid() {
				return fmt.Errorf("polygon %d: position %s; write degrees", i+1, q)
			}
		}
	}
	for i, c := range a.Circles {
		if !c.Centre.valid() || !(c.Radius >= 0) || math.IsInf(c.Radius, 0) {
			return fmt.Errorf("circle %d: %s radius %g; write degrees and km", i+1, c.Centre, c.Radius)
		}
	}
	for _, h := range []*float64{a.Altitude, a.Ceiling} {
		if h != nil && *h != 0 && !(math.Abs(*h) >= 1e-4 && math.Abs(*h) < 1e15) { // beyond, Go writes an exponent
			return fmt.Errorf("altitude or ceiling %g; write feet", *h)
		}
	}
	if a.Ceiling != nil && a.Altitude == nil {
		return fmt.Errorf("ceiling without altitude; give both or neither")
	}
	return nil
}

// schema holds the sequence of each element's children; 1 exactly one, ? at most one, + one or more, * any number.
var schema = map[string]string{
	"alert": "identifier1 sender1 sent1 status1 msgType1 source? scope1 restriction? addresses? code* note? references? incidents? info*",
	"info": "language? category+ event1 responseType* urgency1 severity1 certainty1 audience? eventCode* effective? onset? expires? " +
		"senderName? headline? description? instruction? web? contact? parameter* resource* area*",
	"resource":  "resourceDesc1 mimeType1 size? uri? derefUri? digest?",
	"area":      "areaDesc1 polygon* circle* geocode* altitude? ceiling?",
	"eventCode": "valueName1 value1", "parameter": "valueName1 value1", "geocode": "valueName1 value1",
}

// numbers are the elements that xs:integer and xs:decimal govern: what Go reads as a number, "" and 1e3 among it, is wider.
var numbers = map[string]*regexp.Regexp{
	"size":     regexp.MustCompile(`^[+-]?[0-9]+$`),
	"altitude": regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$`),
	"ceiling":  regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$`),
}

const signature = "http://www.w3.org/2000/09/xmldsig#"

// structure checks names, order and number of elements against the schema.
func structure(b []byte) error {
	type level struct {
		name  string
		left  []string // of the schema
		count int      // of left[0]
		text  []byte   // of a number
	}
	var open []level
	d := xml.NewDecoder(bytes.NewReader(b))
	bad := func(format string, args ...any) error {
		line, _ := d.InputPos()
		return fmt.Errorf("cap alert: line %d: %s", line, fmt.Sprintf(format, args...))
	}
	close := func(l level) error {
		for i, s := range l.left {
			kind := s[len(s)-1]
			if (i > 0 || l.count == 0) && (kind == '1' || kind == '+') {
				return bad("%s without %s; the schema wants it", l.name, s[:len(s)-1])
			}
		}
		return nil
	}
	done := false
	for {
		token, err := d.Token()
		if token == nil && done {
			return nil
		}
		if err != nil {
			return bad("%v; send well-formed cap 1.2", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			name := t.Name.Local
			if len(open) == 0 {
				if name != "alert" || t.Name.Space != Namespace || done {
					return bad("root {%s}%s; it is {%s}alert", t.Name.Space, name, Namespace)
				}
				open = append(open, level{name, strings.Fields(schema[name]), 0, nil})
				continue
			}
			at := &open[len(open)-1]
			if t.Name.Space == signature && at.name == "alert" {
				if err := d.Skip(); err != nil {
					return bad("%v; send well-formed cap 1.2", err)
				}
				continue
			}
			if t.Name.Space != Namespace {
				return bad("element {%s}%s; only cap 1.2 stands here", t.Name.Space, name)
			}
			for len(at.left) > 0 && at.left[0][:len(at.left[0])-1] != name {
				if kind := at.left[0][len(at.left[0])-1]; at.count == 0 && (kind == '1' || kind == '+') {
					return bad("%s in %s before %s; follow the schema's order", name, at.name, at.left[0][:len(at.left[0])-1])
				}
				at.left, at.count = at.left[1:], 0
			}
			if len(at.left) == 0 {
				return bad("%s in %s is unknown there or out of order; follow the schema", name, at.name)
			}
			at.count++
			if kind := at.left[0][len(at.left[0])-1]; at.count > 1 && (kind == '1' || kind == '?') {
				return bad("%s in %s twice; the schema has one", name, at.name)
			}
			open = append(open, level{name, strings.Fields(schema[name]), 0, nil})
		case xml.CharData:
			if len(open) > 0 && numbers[open[len(open)-1].name] != nil {
				open[len(open)-1].text = append(open[len(open)-1].text, t...)
			}
		case xml.EndElement:
			top := open[len(open)-1]
			if err := close(top); err != nil {
				return err
			}
			if form := numbers[top.name]; form != nil && !form.Match(bytes.TrimSpace(top.text)) {
				return bad("%s %q; write a number in plain digits", top.name, top.text)
			}
			open = open[:len(open)-1]
			done = len(open) == 0
		}
	}
}
