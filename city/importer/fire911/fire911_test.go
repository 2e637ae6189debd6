package fire911

import (
	"math"
	"strings"
	"testing"
)

const head = "Address,Type,Datetime,Latitude,Longitude,Report Location,Incident Number\n"

func TestRead(t *testing.T) {
	list, err := Read("f.csv", strings.NewReader(head+
		"A,Accident,11/09/2011 10:04:00 PM +0000,47.6,-122.3,\"(47.6, -122.3)\",F2\n"+
		"B,Accident, 2011-10-24T24:22:00+0000,47.7,-122.4,,F1\n"+
		"A,Accident,11/09/2011 10:04:00 PM +0000,47.6,-122.3,,F2\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 2 || list[0].Number != "F1" || list[0].At.Hour() != 0 || list[0].At.Day() != 24 || list[1].At.Hour() != 22 || list[1].Lon != -122.3 {
		t.Errorf("%+v", list)
	}
}

func TestErrorsNameTheirPlace(t *testing.T) {
	for row, want := range map[string]string{
		"A,X,yesterday,47.6,-122.3,,F2\n":                      `f.csv: line 2: field "Datetime": "yesterday"`,
		"A,X,11/09/2011 10:04:00 PM +0000,north,-122.3,,F2\n":  `f.csv: line 2: field "Latitude": "north"`,
		"A,X,11/09/2011 10:04:00 PM +0000,47.6,-1222.3,,F2\n":  `f.csv: line 2: field "Longitude": "-1222.3"`,
		"A,X,11/09/2011 10:04:00 PM +0000\n":                   `f.csv: line 2: field 3`,
		"A,\"X,11/09/2011 10:04:00 PM +0000,47.6,-122.3,,F2\n": `f.csv: `,
	} {
		if _, err := Read("f.csv", strings.NewReader(head+row)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", row, err)
		}
	}
	if _, err := Read("f.csv", strings.NewReader("a,b\n")); err == nil || !strings.Contains(err.Error(), `line 1: field "Incident Number"`) {
		t.Errorf("%v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(head + "A,X,11/09/2011 10:04:00 PM +0000,47.6,-122.3,,F2\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := Read("f", strings.NewReader(string(b)))
		for _, x := range list {
			if err == nil && (math.Abs(x.Lat) > 180 || math.IsNaN(x.Lat) != math.IsNaN(x.Lon)) {
				t.Errorf("%+v", x)
			}
		}
	})
}
