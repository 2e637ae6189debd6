package ngsild

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
)

const (
	coreBase     = "https://uri.etsi.org/ngsi-ld/"
	defaultVocab = coreBase + "default-vocab/"
	coreContext  = coreBase + "v1/ngsi-ld-core-context-v1.8.jsonld"
	contextRel   = "http://www.w3.org/ns/json-ld#context"
	coreLink     = `<` + coreContext + `>; rel="` + contextRel + `"; type="application/ld+json"`
)

var (
	coreAddress = regexp.MustCompile(`^https?://uri\.etsi\.org/ngsi-ld/v1/ngsi-ld-core-context(-v1\.\d+)?\.jsonld$`)
	shortName   = regexp.MustCompile(`^[\p{L}_$][\p{L}\p{N}_$-]*$`)
	uri         = regexp.MustCompile("^[A-Za-z][A-Za-z0-9+.-]*:[^\\s<>\"{}|\\\\^`]+$")
	// The twin keeps these out of attributes' names; out of types they stay so that lists of types can be told apart.
	notInNames = `<>"'=;(),|`
)

// terms is what a request's context says of names; the core context goes without saying.
type terms map[string]string

// readContext reads the value of an @context member, or nothing.
func readContext(raw json.RawMessage) (terms, error) {
	t := terms{}
	if len(raw) == 0 {
		return t, nil
	}
	return t, t.add(raw, 0)
}

func (t terms) add(raw json.RawMessage, depth int) error {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return badRequest("@context: %v", err)
	}
	return t.addValue(v, depth)
}

func (t terms) addValue(v any, depth int) error {
	if depth > 4 {
		return badData("@context: arrays within arrays within arrays")
	}
	switch v := v.(type) {
	case string:
		if !coreAddress.MatchString(v) {
			return newProblem(503, "LdContextNotAvailable", "@context %q: this server fetches no contexts; give its terms as an object, or only %s", v, coreContext)
		}
		return nil
	case []any:
		for _, x := range v {
			if err := t.addValue(x, depth+1); err != nil {
				return err
			}
		}
		return nil
	case map[string]any:
		for k, d := range v {
			id, ok := d.(string)
			if o, isObject := d.(map[string]any); isObject {
				id, ok = o["@id"].(string)
			}
			switch {
			case strings.HasPrefix(k, "@"):
				if k == "@version" {
					continue
				}
				return badData("@context: %s is not taken here; give terms and prefixes only", k)
			case !ok || id == "":
				return badData("@context: term %q has no @id", k)
			}
			t[k] = id
		}
		return nil
	}
	return badData("@context: neither an address, nor an object, nor an array of these")
}

// expand returns the twin's name of a name in a request: short for the default vocabulary's and the core's, a URI for all others.
func (t terms) expand(name string) (string, error) {
	full := name
	for range 4 { // a term may be said by a prefix, which is said by a prefix
		if id, ok := t[full]; ok && id != full {
			full = id
			continue
		}
		if prefix, rest, ok := strings.Cut(full, ":"); ok && t[prefix] != "" && !strings.HasPrefix(rest, "//") {
			full = t[prefix] + rest
			continue
		}
		break
	}
	for _, base := range []string{defaultVocab, coreBase} {
		if rest, ok := strings.CutPrefix(full, base); ok && shortName.MatchString(rest) {
			return rest, nil
		}
	}
	if shortName.MatchString(full) {
		return full, nil
	}
	if !uri.MatchString(full) || strings.ContainsAny(full, notInNames) || len(full) > 512 {
		return "", badData("%q is not a name: give letters, digits, _ and -, or a URI", name)
	}
	return full, nil
}

// linkContext reads the context of a Link header (JSON-LD 1.1, 6.1), nothing if there is none.
func linkContext(headers []string) (terms, error) {
	t := terms{}
	for _, h := range headers {
		for link := range strings.SplitSeq(h, ",") {
			address, params, ok := strings.Cut(strings.TrimSpace(link), ">")
			address, open := strings.CutPrefix(address, "<")
			if !ok || !open || !strings.Contains(params, contextRel) {
				continue
			}
			if _, err := url.Parse(address); err != nil {
				return nil, badRequest("Link: %v", err)
			}
			if err := t.addValue(address, 0); err != nil {
				return nil, err
			}
		}
	}
	return t, nil
}
