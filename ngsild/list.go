package ngsild

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"citybrain/policy"
)

// Bounds of a page of entities.
const (
	defaultLimit = 20
	maxLimit     = 1000
)

// selection is which entities a query or a subscription is about.
type selection struct {
	types, ids []string
	pattern    *regexp.Regexp
	attrs      []string // one of them must be there
	q          filter
	geo        *geoQuery
}

func (s *selection) matches(e *policy.Entity) bool {
	if s.pattern != nil && !s.pattern.MatchString(e.ID) {
		return false
	}
	if s.attrs != nil && !slices.ContainsFunc(s.attrs, func(name string) bool { return has(e, name) }) {
		return false
	}
	return (s.q == nil || s.q.matches(e)) && (s.geo == nil || s.geo.matches(e))
}

func has(e *policy.Entity, name string) bool {
	for a := range e.Attributes() {
		if a.Name == name {
			return true
		}
	}
	return false
}

// readTypes reads a list of types; the two ways to say "or" are taken, the rest of clause 4.17 is not.
func readTypes(list string, t terms) ([]string, error) {
	if strings.ContainsAny(list, ";()") {
		return nil, badRequest("type %q: lists of types with , or | are offered here, no other type selection", list)
	}
	return names(strings.ReplaceAll(list, "|", ","), t)
}

func readPattern(text string) (*regexp.Regexp, error) {
	if len(text) > 1024 {
		return nil, newProblem(403, "TooComplexQuery", "idPattern of %d bytes", len(text))
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, badData("idPattern: %v", err)
	}
	return re, nil
}

func readSelection(q url.Values, t terms) (*selection, error) {
	s := &selection{}
	var err error
	if q.Has("type") {
		if s.types, err = readTypes(q.Get("type"), t); err != nil {
			return nil, err
		}
	}
	if q.Has("id") {
		s.ids = strings.Split(q.Get("id"), ",")
		slices.Sort(s.ids)
		s.ids = slices.Compact(s.ids)
		for _, id := range s.ids {
			if !uri.MatchString(id) {
				return nil, badData("id %q is not a URI", id)
			}
		}
	}
	if q.Has("idPattern") {
		if s.pattern, err = readPattern(q.Get("idPattern")); err != nil {
			return nil, err
		}
	}
	if q.Has("attrs") {
		if s.attrs, err = names(q.Get("attrs"), t); err != nil {
			return nil, err
		}
	}
	if q.Has("q") {
		if s.q, err = parseFilter(q.Get("q"), t); err != nil {
			return nil, err
		}
	}
	s.geo, err = geoFrom(q, t)
	return s, err
}

func number(q url.Values, name string, otherwise, most int) (int, error) {
	if !q.Has(name) {
		return otherwise, nil
	}
	n, err := strconv.Atoi(q.Get(name))
	if err != nil || n < 0 || n > most {
		return 0, badRequest("%s %q: give 0 to %d", name, q.Get(name), most)
	}
	return n, nil
}

// A page is which part of a list is asked for.
type page struct {
	offset, limit int
	count         bool
}

func (p *page) holds(i int) bool { return i >= p.offset && i-p.offset < p.limit }

func (q *request) page() (p page, err error) {
	if p.limit, err = number(q.query, "limit", defaultLimit, maxLimit); err != nil {
		return p, err
	}
	if p.offset, err = number(q.query, "offset", 0, 1<<30); err != nil {
		return p, err
	}
	count := q.query.Get("count")
	if p.count = count == "true"; count != "" && count != "true" && count != "false" || p.limit == 0 && !p.count {
		return p, badRequest("limit %d, count %q: count is true or false, and a limit of 0 is only for counting", p.limit, count)
	}
	return p, nil
}

// pages tells where the pages before and after p are, and how much there is in all if that was asked.
func (q *request) pages(p page, total int) {
	if p.count {
		q.w.Header().Set("NGSILD-Results-Count", strconv.Itoa(total))
	}
	link := func(rel string, offset int) {
		u := *q.URL
		values := u.Query()
		values.Set("offset", strconv.Itoa(offset))
		values.Set("limit", strconv.Itoa(p.limit))
		u.RawQuery = values.Encode()
		q.w.Header().Add("Link", fmt.Sprintf("<%s>; rel=%q; type=%q", u.RequestURI(), rel, "application/json"))
	}
	if p.offset > 0 && p.limit > 0 {
		link("prev", max(0, p.offset-p.limit))
	}
	if p.limit > 0 && p.offset+p.limit < total {
		link("next", p.offset+p.limit)
	}
}

func (a *API) queryEntities(q *request) error {
	if err := q.only("type", "id", "idPattern", "attrs", "q", "georel", "geometry", "coordinates", "geoproperty", "limit", "offset", "count", "options", "format"); err != nil {
		return err
	}
	t, err := linkContext(q.Header.Values("Link"))
	if err != nil {
		return err
	}
	r, err := q.representation(t)
	if err != nil {
		return err
	}
	p, err := q.page()
	if err != nil {
		return err
	}
	s, err := readSelection(q.query, t)
	if err != nil {
		return err
	}
	if s.types == nil && s.ids == nil && s.attrs == nil && s.q == nil && s.geo == nil {
		return badRequest("the whole twin is not answered: give type, id, attrs, q or georel")
	}
	v, err := a.view(q)
	if err != nil {
		return err
	}
	list, total := []map[string]any{}, 0
	for e := range v.Query(policy.Query{Types: s.types, IDs: s.ids, Where: s.matches}) {
		if total++; p.holds(total - 1) {
			m, _ := r.entity(&e)
			list = append(list, m)
		}
	}
	q.pages(p, total)
	return q.answer(http.StatusOK, list)
}

// listTypes answers the types that there are entities of; with details, the names of their attributes too.
func (a *API) listTypes(q *request) error {
	if err := q.only("details"); err != nil {
		return err
	}
	v, err := a.view(q)
	if err != nil {
		return err
	}
	if q.query.Get("details") != "true" {
		return q.answer(http.StatusOK, map[string]any{"id": "urn:ngsi-ld:EntityTypeList:" + url.PathEscape(v.Branch()), "type": "EntityTypeList",
			"typeList": slices.AppendSeq([]string{}, slices.Values(slices.Sorted(maps.Keys(v.Types()))))})
	}
	attrs := map[string]map[string]bool{}
	for e := range v.Query(policy.Query{}) {
		for _, typ := range e.Types {
			if attrs[typ] == nil {
				attrs[typ] = map[string]bool{}
			}
			for x := range e.Attributes() {
				attrs[typ][x.Name] = true
			}
		}
	}
	list := []map[string]any{}
	for _, typ := range slices.Sorted(maps.Keys(attrs)) {
		id := typ
		if shortName.MatchString(typ) {
			id = defaultVocab + typ
		}
		list = append(list, map[string]any{"id": id, "type": "EntityType", "typeName": typ, "attributeNames": slices.Sorted(maps.Keys(attrs[typ]))})
	}
	return q.answer(http.StatusOK, list)
}
