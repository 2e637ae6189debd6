package ngsild

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"citybrain/policy"
	"citybrain/twin"
)

// A problem is an answer that is an error: the members of RFC 7807 with the types of ETSI GS CIM 009, table 5.5.2-1.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Detail string `json:"detail,omitempty"`
	Status int    `json:"status"`
}

func (p *problem) Error() string { return p.Title + ": " + p.Detail }

const errorBase = "https://uri.etsi.org/ngsi-ld/errors/"

func newProblem(status int, name, format string, args ...any) error {
	p := &problem{Type: errorBase + name, Title: name, Detail: fmt.Sprintf(format, args...), Status: status}
	if name == "" {
		p.Type, p.Title = "about:blank", http.StatusText(status)
	}
	return p
}

// badData is about what a request says, badRequest about its form.
func badData(format string, args ...any) error {
	return newProblem(http.StatusBadRequest, "BadRequestData", format, args...)
}

func badRequest(format string, args ...any) error {
	return newProblem(http.StatusBadRequest, "InvalidRequest", format, args...)
}

func notFound(format string, args ...any) error {
	return newProblem(http.StatusNotFound, "ResourceNotFound", format, args...)
}

// asProblem finds the answer to an error of the packages below.
func asProblem(err error) *problem {
	var p *problem
	var d *policy.Denied
	var made error
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &d) && d.Who.Role == "":
		made = newProblem(http.StatusUnauthorized, "", "%v", err)
	case errors.As(err, &d):
		made = newProblem(http.StatusForbidden, "", "%v", err)
	case errors.Is(err, policy.ErrAbsent):
		made = notFound("%v", err)
	case errors.Is(err, policy.ErrInvalid):
		made = badData("%v", err)
	case errors.Is(err, twin.ErrExpected), errors.Is(err, twin.ErrBranch):
		made = newProblem(http.StatusConflict, "", "%v", err)
	default:
		made = newProblem(http.StatusInternalServerError, "InternalError", "%v", err)
	}
	return made.(*problem)
}

func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := asProblem(err)
	if p.Status >= 500 && p.Status != http.StatusNotImplemented && p.Status != http.StatusServiceUnavailable {
		a.cfg.Log.Error("ngsi-ld", "method", r.Method, "path", r.URL.Path, "err", err)
	}
	w.Header().Set("Content-Type", "application/json") // not application/problem+json: clause 5.5.3
	w.WriteHeader(p.Status)
	b, err := json.Marshal(p)
	if err != nil {
		panic("ngsild: " + err.Error()) // three strings and a number
	}
	w.Write(b)
}
