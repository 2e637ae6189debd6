package open311

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxDescription is the most characters of a description.
const MaxDescription = 4000

// A Request is a service request as a list gives it. Empty strings stand for null and for absent fields.
type Request struct {
	ID          string
	Status      string // open or closed
	StatusNotes string
	ServiceName string
	ServiceCode string
	Description string
	Agency      string
	Notice      string
	Requested   time.Time
	Updated     time.Time // zero if absent
	Expected    time.Time // zero if absent
	Address     string
	AddressID   string
	Zipcode     string
	Lat, Lon    float64 // degrees, if Located
	Located     bool
	MediaURL    string
}

type text string

// UnmarshalJSON takes strings, numbers and null: servers differ about identifiers.
func (t *text) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	var s string
	if err := json.Unmarshal(b, &s); err == nil {
		*t = text(s)
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return fmt.Errorf("%s is neither text nor number", b)
	}
	*t = text(n)
	return nil
}

// MarshalJSON writes null for the empty string.
func (t text) MarshalJSON() ([]byte, error) {
	if t == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(t))
}

type request struct {
	ID          text     `json:"service_request_id"`
	Status      text     `json:"status"`
	StatusNotes text     `json:"status_notes"`
	ServiceName text     `json:"service_name"`
	ServiceCode text     `json:"service_code"`
	Description text     `json:"description"`
	Agency      text     `json:"agency_responsible"`
	Notice      text     `json:"service_notice"`
	Requested   text     `json:"requested_datetime"`
	Updated     text     `json:"updated_datetime"`
	Expected    text     `json:"expected_datetime"`
	Address     text     `json:"address"`
	AddressID   text     `json:"address_id"`
	Zipcode     text     `json:"zipcode"`
	Lat         *degrees `json:"lat"`
	Long        *degrees `json:"long"`
	MediaURL    text     `json:"media_url"`
}

type degrees float64

// UnmarshalJSON takes numbers and numbers in quotes.
func (d *degrees) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64)
	if err != nil {
		return fmt.Errorf("%s is no coordinate", b)
	}
	*d = degrees(v)
	return nil
}

func array[T any](b []byte, what string) ([]T, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	var out []T
	if err := d.Decode(&out); err != nil {
		return nil, fmt.Errorf("open311 %s: byte %d: %w; send a json array", what, d.InputOffset(), err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("open311 %s: byte %d: more behind the array; send one array", what, d.InputOffset())
	}
	return out, nil
}

func write(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// ParseRequests reads a list of requests. A request that breaks the standard is an error with its place; those before it
// are returned with it.
func ParseRequests(b []byte) ([]Request, error) {
	list, err := array[request](b, "requests")
	if err != nil {
		return nil, err
	}
	out := make([]Request, 0, len(list))
	for i, x := range list {
		r := Request{ID: string(x.ID), Status: string(x.Status), StatusNotes: string(x.StatusNotes), ServiceName: string(x.ServiceName),
			ServiceCode: string(x.ServiceCode), Description: string(x.Description), Agency: string(x.Agency), Notice: string(x.Notice),
			Address: string(x.Address), AddressID: string(x.AddressID), Zipcode: string(x.Zipcode), MediaURL: string(x.MediaURL)}
		for _, t := range []struct {
			name string
			from text
			to   *time.Time
		}{{"requested_datetime", x.Requested, &r.Requested}, {"updated_datetime", x.Updated, &r.Updated}, {"expected_datetime", x.Expected, &r.Expected}} {
			if t.from == "" {
				continue
			}
			v, err := time.Parse(time.RFC3339, string(t.from))
			if err != nil {
				return out, fmt.Errorf("open311 requests: request %d (%q): %s %q; write a time with its offset", i+1, r.ID, t.name, string(t.from))
			}
			_, offset := v.Zone()
			*t.to = v.In(time.FixedZone("", offset))
		}
		if x.Lat != nil && x.Long != nil {
			r.Lat, r.Lon, r.Located = float64(*x.Lat), float64(*x.Long), true
		}
		if err := r.validate(); err != nil {
			return out, fmt.Errorf("open311 requests: request %d (%q): %w", i+1, r.ID, err)
		}
		out = append(out, r)
	}
	return out, nil
}

func (r Request) validate() error {
	switch {
	case r.ID == "":
		return fmt.Errorf("service_request_id is missing; give it one")
	case r.Status != "open" && r.Status != "closed":
		return fmt.Errorf("status %q; use open or closed", r.Status)
	case r.ServiceCode == "":
		return fmt.Errorf("service_code is missing; use one of the service list")
	case r.Located && !onEarth(r.Lat, r.Lon):
		return fmt.Errorf("position %g, %g; write degrees", r.Lat, r.Lon)
	}
	return nil
}

func onEarth(lat, lon float64) bool { return math.Abs(lat) <= 90 && math.Abs(lon) <= 180 }

// MarshalRequests writes a list of requests.
func MarshalRequests(list []Request) ([]byte, error) {
	out := make([]request, 0, len(list))
	for i, r := range list {
		if err := r.validate(); err != nil {
			return nil, fmt.Errorf("open311 requests: request %d (%q): %w", i+1, r.ID, err)
		}
		at := func(t time.Time) text {
			if t.IsZero() {
				return ""
			}
			return text(t.Format(time.RFC3339))
		}
		x := request{text(r.ID), text(r.Status), text(r.StatusNotes), text(r.ServiceName), text(r.ServiceCode), text(r.Description), text(r.Agency),
			text(r.Notice), at(r.Requested), at(r.Updated), at(r.Expected), text(r.Address), text(r.AddressID), text(r.Zipcode), nil, nil, text(r.MediaURL)}
		if r.Located {
			lat, lon := degrees(r.Lat), degrees(r.Lon)
			x.Lat, x.Long = &lat, &lon
		}
		out = append(out, x)
	}
	return write(out)
}

// A Post is a new request. A position or an address must be given.
type Post struct {
	Jurisdiction string
	APIKey       string
	ServiceCode  string
	Lat, Lon     float64 // degrees, if Located
	Located      bool
	Address      string
	AddressID    string
	Description  string // at most 4,000 characters
	MediaURL     string
}

func (p Post) validate() error {
	switch {
	case p.ServiceCode == "":
		return fmt.Errorf("open311 post: service_code is missing; use one of the service list")
	case !p.Located && p.Address == "" && p.AddressID == "":
		return fmt.Errorf("open311 post: no place; give lat and long, address_string or address_id")
	case p.Located && !onEarth(p.Lat, p.Lon):
		return fmt.Errorf("open311 post: position %g, %g; write degrees", p.Lat, p.Lon)
	case utf8.RuneCountInString(p.Description) > MaxDescription:
		return fmt.Errorf("open311 post: description of %d characters; at most %d fit", utf8.RuneCountInString(p.Description), MaxDescription)
	}
	return nil
}

// ParsePost reads a form-encoded body. Personal fields in it are dropped.
func ParsePost(b []byte) (Post, error) {
	v, err := url.ParseQuery(string(b))
	if err != nil {
		return Post{}, fmt.Errorf("open311 post: %w; send application/x-www-form-urlencoded", err)
	}
	p := Post{Jurisdiction: v.Get("jurisdiction_id"), APIKey: v.Get("api_key"), ServiceCode: v.Get("service_code"), Address: v.Get("address_string"),
		AddressID: v.Get("address_id"), Description: v.Get("description"), MediaURL: v.Get("media_url")}
	if v.Has("lat") || v.Has("long") {
		p.Located = true
		var err1, err2 error
		p.Lat, err1 = strconv.ParseFloat(v.Get("lat"), 64)
		p.Lon, err2 = strconv.ParseFloat(v.Get("long"), 64)
		if err1 != nil || err2 != nil {
			return Post{}, fmt.Errorf("open311 post: lat %q, long %q; write both in degrees", v.Get("lat"), v.Get("long"))
		}
	}
	return p, p.validate()
}

// MarshalPost writes the form-encoded body.
func MarshalPost(p Post) ([]byte, error) {
	if err := p.validate(); err != nil {
		return nil, err
	}
	v := url.Values{}
	for name, s := range map[string]string{"jurisdiction_id": p.Jurisdiction, "api_key": p.APIKey, "service_code": p.ServiceCode,
		"address_string": p.Address, "address_id": p.AddressID, "description": p.Description, "media_url": p.MediaURL} {
		if s != "" {
			v.Set(name, s)
		}
	}
	if p.Located {
		v.Set("lat", strconv.FormatFloat(p.Lat, 'f', -1, 64))
		v.Set("long", strconv.FormatFloat(p.Lon, 'f', -1, 64))
	}
	return []byte(v.Encode()), nil
}

// A Receipt answers a POST: with a request's identifier, or with a token where it comes later.
type Receipt struct {
	ID     string
	Token  string
	Notice string
}

type receipt struct {
	ID     text `json:"service_request_id,omitempty"`
	Token  text `json:"token,omitempty"`
	Notice text `json:"service_notice"`
}

// ParseReceipts reads the answer to a POST.
func ParseReceipts(b []byte) ([]Receipt, error) {
	list, err := array[receipt](b, "receipt")
	if err != nil {
		return nil, err
	}
	out := make([]Receipt, len(list))
	for i, x := range list {
		if x.ID == "" && x.Token == "" {
			return nil, fmt.Errorf("open311 receipt: entry %d has neither service_request_id nor token; the server must give one", i+1)
		}
		out[i] = Receipt{string(x.ID), string(x.Token), string(x.Notice)}
	}
	return out, nil
}

// MarshalReceipt writes the answer to a POST.
func MarshalReceipt(r Receipt) ([]byte, error) {
	if (r.ID == "") == (r.Token == "") {
		return nil, fmt.Errorf("open311 receipt: id %q, token %q; give one of them", r.ID, r.Token)
	}
	return write([]receipt{{text(r.ID), text(r.Token), text(r.Notice)}})
}

// A Failure is an entry of an error answer; its code is the HTTP status.
type Failure struct {
	Code        int    `json:"code"`
	Description string `json:"description"`
}

// ParseFailures reads an error answer.
func ParseFailures(b []byte) ([]Failure, error) { return array[Failure](b, "error") }

// MarshalFailure writes an error answer.
func MarshalFailure(f Failure) ([]byte, error) { return write([]Failure{f}) }
