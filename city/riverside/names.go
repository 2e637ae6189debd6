package riverside

import "citybrain/city"

// Words for invented names; a street is two of the first and a kind.
var (
	firstNames = []city.Text{{En: "Cloud", Zh: "云"}, {En: "Jade", Zh: "玉"}, {En: "Pine", Zh: "松"}, {En: "Heron", Zh: "鹭"}, {En: "Silk", Zh: "锦"}, {En: "Copper", Zh: "铜"}, {En: "Willow", Zh: "柳"}, {En: "Orchard", Zh: "果"}, {En: "Harbour", Zh: "港"}, {En: "Lantern", Zh: "灯"}, {En: "Bamboo", Zh: "竹"}, {En: "Crane", Zh: "鹤"}, {En: "Plum", Zh: "梅"}, {En: "Maple", Zh: "枫"}, {En: "Granary", Zh: "仓"}, {En: "Lotus", Zh: "荷"}, {En: "Ferry", Zh: "渡"}, {En: "Scholar", Zh: "文"}, {En: "Peace", Zh: "安"}, {En: "Harmony", Zh: "和"}, {En: "Spring", Zh: "春"}, {En: "Autumn", Zh: "秋"}, {En: "North Star", Zh: "辰"}, {En: "Phoenix", Zh: "凤"}}
	lastNames  = []city.Text{{En: "Bridge", Zh: "桥"}, {En: "Gate", Zh: "门"}, {En: "Hill", Zh: "山"}, {En: "Field", Zh: "田"}, {En: "Bay", Zh: "湾"}, {En: "Garden", Zh: "园"}, {En: "Well", Zh: "井"}, {En: "Market", Zh: "市"}, {En: "Temple", Zh: "寺"}, {En: "Quay", Zh: "埠"}, {En: "Mill", Zh: "坊"}, {En: "Tower", Zh: "塔"}}
	kindNames  = []city.Text{{En: "Road", Zh: "路"}, {En: "Street", Zh: "街"}, {En: "Road", Zh: "路"}, {En: "Lane", Zh: "弄"}}

	crossingNames = []city.Text{{En: "South Ferry", Zh: "南渡"}, {En: "Southfields", Zh: "南田"}, {En: "Heron", Zh: "白鹭"}, {En: "Old Wall", Zh: "老城"}, {En: "Lantern Point", Zh: "灯塔咀"}, {En: "Customs House", Zh: "海关"}, {En: "East Bay", Zh: "东湾"}, {En: "Salt Wharf", Zh: "盐码头"}}
	districtNames = []city.Text{{En: "Old Town", Zh: "老城厢"}, {En: "Lantern Point", Zh: "灯塔咀"}, {En: "Westgate", Zh: "西门"}, {En: "North Quay", Zh: "北埠"}, {En: "Silk Mills", Zh: "锦坊"}, {En: "Southfields", Zh: "南田"}, {En: "East Bay", Zh: "东湾"}, {En: "Millennium Park", Zh: "千年园"}}
	creekNames    = []city.Text{{En: "Jade Creek", Zh: "玉浦"}, {En: "Willow Creek", Zh: "柳浜"}, {En: "Granary Creek", Zh: "仓浜"}, {En: "Crane Creek", Zh: "鹤塘"}, {En: "Lotus Creek", Zh: "荷泾"}, {En: "Maple Creek", Zh: "枫泾港"}, {En: "Salt Creek", Zh: "盐铁塘"}}
)

// streetName returns the next unused street name.
func (m *maker) streetName() city.Text {
	i := m.names
	m.names++
	a, b, k := firstNames[i%len(firstNames)], lastNames[(i/len(firstNames)+i*5)%len(lastNames)], kindNames[i%len(kindNames)]
	t := city.Text{En: a.En + " " + b.En + " " + k.En, Zh: a.Zh + b.Zh + k.Zh}
	if n := i / (len(firstNames) * len(lastNames)); n > 0 {
		t.En, t.Zh = "New "+t.En, "新"+t.Zh
	}
	return t
}
