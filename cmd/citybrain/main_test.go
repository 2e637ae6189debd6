package main

import (
	"context"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"citybrain/city"
	"citybrain/policy"
	"citybrain/server"
	"citybrain/twin"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"citybrain": func() { os.Exit(dispatch(context.Background(), os.Args[1:], os.Stdout, os.Stderr)) },
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", Cmds: map[string]func(*testscript.TestScript, bool, []string){"serve": serve}})
}

// serve runs a server on a data folder until the script ends, and puts its address into $SERVER: the console and the city's
// loop apart, it is the server of citybrain run.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: serve FOLDER")
	}
	t, err := twin.Open(ts.MkAbs(args[0]), twin.Options{Clock: func() time.Time { return time.Date(2026, 7, 14, 10, 0, 0, 0, time.UTC) }})
	ts.Check(err)
	me := localPerson()
	p := policy.New(t, policy.Options{Provides: server.Provides(), Local: &me, Rounds: 2})
	web := httptest.NewServer(server.New(&city.City{}, t, server.Config{Data: ts.MkAbs(args[0]), Build: "abc", Policy: p}).Handler())
	ts.Setenv("SERVER", web.URL)
	ts.Defer(func() {
		web.Close()
		ts.Check(t.Close())
	})
}
