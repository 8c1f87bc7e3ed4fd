package report

import "testing"

// The ratio of each round counts, because the machine changes between rounds.
func TestACheckComparesRoundByRound(t *testing.T) {
	t.Parallel()
	values := map[string][]float64{"a": {10, 200, 30}, "b": {10, 100, 30}}
	for name, test := range map[string]struct {
		goal   Goal
		median float64
		met    bool
	}{
		"a ratio that is met":     {AtLeast(1, "a", "b"), 1, true},
		"a ratio that is missed":  {AtLeast(1.5, "a", "b"), 1, false},
		"a figure that is met":    {AtMostThis(30, "a"), 30, true},
		"a figure that is missed": {AtMostThis(29, "a"), 30, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := test.goal.check(values)
			if c.Median != test.median || *c.Met != test.met {
				t.Errorf("the check is %v, met %v; want %v, met %v", c.Median, *c.Met, test.median, test.met)
			}
		})
	}
}
