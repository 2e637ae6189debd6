package places

import (
	"slices"
	"strings"
	"testing"

	"citybrain/city"

	"github.com/paulmach/orb"
)

func TestMedian(t *testing.T) {
	at := []orb.Point{{0, 0}, {100, 0}, {5000, 0}, {5100, 0}}
	weight := []float64{10, 1, 1, 10}
	if got := Median(at, weight, nil, at, 2); !slices.Equal(got, []int{1, 3}) { // the best single site first
		t.Errorf("two of four: %v", got)
	}
	if got := Median(at, weight, []orb.Point{{0, 0}}, at, 1); !slices.Equal(got, []int{3}) {
		t.Errorf("beside one that is there: %v", got)
	}
	if got := Median(at, weight, nil, at[:1], 5); len(got) != 1 {
		t.Errorf("more than there are: %v", got)
	}
}

func TestKind(t *testing.T) {
	for _, x := range []struct {
		tags map[string]string
		kind city.PlaceKind
	}{
		{map[string]string{"amenity": "hospital"}, city.Hospital},
		{map[string]string{"amenity": "fire_station", "disused": "yes"}, ""},
		{map[string]string{"railway": "subway_entrance"}, city.MetroEntrance},
		{map[string]string{"amenity": "social_facility", "social_facility": "nursing_home"}, city.CareHome},
		{map[string]string{"amenity": "bench"}, ""},
	} {
		if k, _ := Kind(x.tags); k != x.kind {
			t.Errorf("%v: %q", x.tags, k)
		}
	}
	if k, ok := KindByName("", "santa_casa_hospital", ""); !ok || k != city.Hospital {
		t.Errorf("by name: %q", k)
	}
}

func TestTable(t *testing.T) {
	tab, err := DecodeTable(strings.NewReader("ID,Longitude,Latitude,Pop\na,1,2,30\nb,1,200,30\nc,1,2,-5\nd,1\n"), "population")
	if err != nil {
		t.Fatal(err)
	}
	if len(tab.Rows) != 1 || tab.Rows[0].Population != 30 || tab.HasJobs || len(tab.Defects) != 3 || tab.Defects[0].Element != "cell/b" {
		t.Errorf("%+v", tab)
	}
	if _, err := DecodeTable(strings.NewReader("lon,population\n"), "population"); err == nil || !strings.Contains(err.Error(), "lat") {
		t.Errorf("no column lat: %v", err)
	}
}

func FuzzTable(f *testing.F) {
	f.Add("id,lon,lat,population\na,1,2,3\n")
	f.Fuzz(func(t *testing.T, s string) {
		tab, err := DecodeTable(strings.NewReader(s))
		if err != nil {
			return
		}
		for _, r := range tab.Rows {
			if !(r.Population >= 0) || !(r.At[1] <= 90) {
				t.Fatalf("row %+v", r)
			}
		}
	})
}
