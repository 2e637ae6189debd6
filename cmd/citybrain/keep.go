package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"citybrain/twin"
)

// keepVerbs are the verbs that keep a data folder safe.
func keepVerbs() []verb {
	return []verb{
		{"backup", "copy a data folder, also one in use or a server's, up to what is acknowledged", "citybrain backup --data out/data --out backup.tar", backupVerb},
		{"restore", "make a data folder from a backup, every part verified", "citybrain restore --in backup.tar --data out/data", restoreVerb},
		{"fsck", "read every record of a data folder and compare its checkpoint with its log", "citybrain fsck --data out/data --json", fsckVerb},
	}
}

func backupVerb(ctx context.Context, args []string, out io.Writer) error {
	f := flags("backup", "citybrain backup --data out/data --out backup.tar", out)
	at := placeFlags(f)
	f.Lookup("data").Usage = "`folder` of the twin; a server may run on it"
	file := f.String("out", "", "`file` to write: a tar with a manifest; it must not exist")
	asJSON := f.Bool("json", false, "print the manifest as JSON")
	if err := parse(f, args); err != nil {
		return err
	}
	if err := noArgs(f); err != nil {
		return err
	}
	if (*at.data == "") == (*at.server == "") || *file == "" {
		return fmt.Errorf("%w: backup --data DIR --out FILE, or backup --server URL --out FILE", errUsage)
	}
	var m *twin.Manifest
	err := error(nil)
	if *at.server == "" {
		m, err = twin.BackupFile(*at.data, *file)
	} else if err = at.open(); err == nil {
		m, err = at.fetchBackup(ctx, *file)
	}
	if err != nil {
		return err
	}
	return printManifest(out, m, *asJSON, fmt.Sprintf("%s holds %s up to position %d", *file, *at.data+*at.server, m.Position))
}

func restoreVerb(_ context.Context, args []string, out io.Writer) (err error) {
	f := flags("restore", "citybrain restore --in backup.tar --data out/data", out)
	file := f.String("in", "", "`file` that citybrain backup wrote")
	data := f.String("data", "", "`folder` to make; it must be empty or not exist")
	asJSON := f.Bool("json", false, "print the manifest as JSON")
	if err := parse(f, args); err != nil {
		return err
	}
	if err := noArgs(f); err != nil {
		return err
	}
	if *data == "" || *file == "" {
		return fmt.Errorf("%w: restore --in FILE --data DIR", errUsage)
	}
	in, err := os.Open(*file)
	if err != nil {
		return err
	}
	defer in.Close() // it was only read
	m, err := twin.Restore(in, *data)
	if err != nil {
		return fmt.Errorf("%s: %w", *file, err)
	}
	return printManifest(out, m, *asJSON, fmt.Sprintf("%s is restored up to position %d", *data, m.Position))
}

func printManifest(out io.Writer, m *twin.Manifest, asJSON bool, line string) error {
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(m)
	}
	var n int64
	for _, p := range m.Parts {
		n += p.Bytes
	}
	_, err := fmt.Fprintf(out, "%s: %d parts, %d bytes, each with its SHA-256\n", line, len(m.Parts), n)
	return err
}

func fsckVerb(_ context.Context, args []string, out io.Writer) error {
	f := flags("fsck", "citybrain fsck --data out/data --json", out)
	data := f.String("data", "", "`folder` of the twin; nothing may run on it")
	asJSON := f.Bool("json", false, "print JSON")
	if err := parse(f, args); err != nil {
		return err
	}
	if err := noArgs(f); err != nil {
		return err
	}
	if *data == "" {
		return fmt.Errorf("%w: fsck --data DIR", errUsage)
	}
	c, err := twin.Check(*data)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return fmt.Errorf("%s is in use by a running server, and only a folder at rest can be checked: stop it, or check a copy (citybrain backup, then restore, then fsck) (%w)", *data, err)
	}
	if err != nil {
		return err
	}
	if *asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(c); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(out, "%d records up to position %d in %d files, %d bytes\n", c.Records, c.Position, c.Files, c.Bytes)
		if c.Torn > 0 {
			fmt.Fprintf(out, "an unfinished tail of %d bytes, which was never acknowledged; the next start cuts it off\n", c.Torn)
		}
		if k := c.Checkpoint; k != nil && k.Agrees {
			fmt.Fprintf(out, "the checkpoint at %d agrees with the log: %s\n", k.Position, k.State)
		}
		if c.State != "" {
			fmt.Fprintf(out, "state %s\n", c.State)
		}
		for _, d := range c.Damage {
			fmt.Fprintf(out, "%s: offset %d: %s; %s\n", d.File, d.Offset, d.Reason, d.Remedy)
		}
	}
	if n := len(c.Damage); n > 0 {
		return fmt.Errorf("%s is damaged in %d places", *data, n)
	}
	return nil
}
