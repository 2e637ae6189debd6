package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"

	"citybrain/policy"
	"citybrain/server"
)

// userVerbs are the verbs about who may do what.
func userVerbs() []verb {
	return []verb{
		{"user", "list, add, change and remove the users of a data folder or a server", `citybrain user add anna --role "duty officer" --server http://localhost:8080`, userVerb},
		{"login", "log in at a server and print a token for CITYBRAIN_TOKEN", "export CITYBRAIN_TOKEN=$(citybrain login anna --server http://localhost:8080)", loginVerb},
	}
}

func userVerb(ctx context.Context, args []string, out io.Writer) (err error) {
	use := fmt.Errorf("%w: user ls | add NAME --role ROLE [--department ID] | change NAME [--role ROLE] [--department ID] [--password] | rm NAME; the roles are %s", errUsage, roles())
	if len(args) == 0 {
		return use
	}
	f := flags("user "+args[0], "citybrain user "+args[0]+" … --data out/data; the password is asked for, or read from CITYBRAIN_PASSWORD", out)
	at := placeFlags(f)
	role := f.String("role", "", "what the user may do: "+roles())
	department := f.String("department", "", "`id` of the department of a user with the role department, such as water")
	ask := f.Bool("password", false, "change: give a new password too")
	asJSON := f.Bool("json", false, "ls: print JSON")
	names, rest := words(args[1:])
	if err := parse(f, rest); err != nil {
		return err
	}
	names = append(names, f.Args()...)
	want := map[string]int{"ls": 0, "add": 1, "change": 1, "rm": 1}
	if n, ok := want[args[0]]; !ok || len(names) != n {
		return use
	}
	*role = strings.ReplaceAll(*role, "-", " ")
	if args[0] == "add" && *role == "" {
		return fmt.Errorf("%w: give --role: %s", errUsage, roles())
	}
	if args[0] == "change" && *role == "" && *department == "" && !*ask {
		return fmt.Errorf("%w: give --role, --department or --password", errUsage)
	}
	if args[0] == "add" && *at.data != "" {
		// Users are added before the first run too.
		if err := os.MkdirAll(*at.data, 0o750); err != nil {
			return err
		}
	}
	if err := at.open(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, at.close()) }()
	switch args[0] {
	case "ls":
		var list []policy.Principal
		if err := at.ask(ctx, http.MethodGet, "/api/users", nil, nil, &list); err != nil {
			return err
		}
		for _, u := range list {
			if *asJSON {
				if err := json.NewEncoder(out).Encode(u); err != nil {
					return err
				}
				continue
			}
			fmt.Fprintln(out, strings.TrimRight(fmt.Sprintf("%-20s %-14s %s", u.Name, u.Role, u.Department), " "))
		}
		return nil
	case "add":
		p, err := newPassword()
		if err != nil {
			return err
		}
		u := server.NewUser{Principal: policy.Principal{Name: names[0], Role: policy.Role(*role), Department: *department}, Password: p}
		if err := at.ask(ctx, http.MethodPost, "/api/users", nil, u, nil); err != nil {
			return err
		}
		fmt.Fprintf(out, "added %s (%s)\n", names[0], *role)
	case "change":
		var c policy.UserChange
		if *role != "" {
			c.Role = (*policy.Role)(role)
		}
		if *department != "" {
			c.Department = department
		}
		if *ask {
			p, err := newPassword()
			if err != nil {
				return err
			}
			c.Password = &p
		}
		if err := at.ask(ctx, http.MethodPatch, "/api/users", url.Values{"name": names}, c, nil); err != nil {
			return err
		}
		fmt.Fprintf(out, "changed %s\n", names[0])
	case "rm":
		if err := at.ask(ctx, http.MethodDelete, "/api/users", url.Values{"name": names}, nil, nil); err != nil {
			return err
		}
		fmt.Fprintf(out, "removed %s\n", names[0])
	}
	return nil
}

func roles() string {
	var list []string
	for _, r := range policy.Roles() {
		list = append(list, string(r))
	}
	return strings.Join(list, ", ")
}

func loginVerb(ctx context.Context, args []string, out io.Writer) error {
	f := flags("login", "export CITYBRAIN_TOKEN=$(citybrain login anna --server http://localhost:8080)", out)
	at := &place{data: new(string), server: f.String("server", "", "`address` of a running server")}
	names, rest := words(args)
	if err := parse(f, rest); err != nil {
		return err
	}
	names = append(names, f.Args()...)
	if len(names) != 1 || *at.server == "" {
		return fmt.Errorf("%w: login NAME --server URL; the password is asked for, or read from CITYBRAIN_PASSWORD", errUsage)
	}
	if err := at.open(); err != nil {
		return err
	}
	p, err := password("password of " + names[0] + ": ")
	if err != nil {
		return err
	}
	var said struct{ Token string }
	if err := at.ask(ctx, http.MethodPost, "/api/login", nil, map[string]string{"name": names[0], "password": p}, &said); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, said.Token)
	return err
}

// words takes the words before the first flag: names may stand before the flags.
func words(args []string) (names, rest []string) {
	for rest = args; len(rest) > 0 && rest[0] != "" && rest[0][0] != '-'; rest = rest[1:] {
		names = append(names, rest[0])
	}
	return names, rest
}

// stdin is one reader for all of a command's questions: a second one would not see what the first has read ahead.
var stdin = bufio.NewReader(os.Stdin)

func newPassword() (string, error) {
	p, err := password("new password: ")
	if err != nil || !asks() {
		return p, err
	}
	again, err := password("again: ")
	if err == nil && again != p {
		err = errors.New("the two passwords differ; nothing was changed")
	}
	return p, err
}

// asks reports whether a password is typed by a person.
func asks() bool {
	st, err := os.Stdin.Stat()
	_, given := os.LookupEnv("CITYBRAIN_PASSWORD")
	return err == nil && st.Mode()&os.ModeCharDevice != 0 && !given
}

// password reads a password from CITYBRAIN_PASSWORD, else one line of the standard input. It never is an argument: those are
// seen by everybody on the machine and stay in the shell's history.
func password(prompt string) (string, error) {
	if p, ok := os.LookupEnv("CITYBRAIN_PASSWORD"); ok {
		return p, nil
	}
	if asks() {
		fmt.Fprint(os.Stderr, prompt)
		if err := echo(false); err == nil {
			defer func() {
				echo(true) // it worked a moment ago
				fmt.Fprintln(os.Stderr)
			}()
		}
	}
	line, err := stdin.ReadString('\n')
	if err != nil && line == "" {
		return "", fmt.Errorf("no password: give it on the standard input or as CITYBRAIN_PASSWORD (%w)", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// echo has the terminal show what is typed, or not.
func echo(on bool) error {
	arg := "-echo"
	if on {
		arg = "echo"
	}
	c := exec.Command("stty", arg)
	c.Stdin = os.Stdin
	return c.Run()
}
