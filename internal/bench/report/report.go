// Package report has the result of a measurement: figures, and the checks of their goals.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
)

// Report is the result of a run.
type Report struct {
	Command string  `json:"command"`
	Machine Machine `json:"machine"`
	Rows    []*Row  `json:"rows"`
}

// Row is one measurement of one or more contestants in turn.
type Row struct {
	Name    string   `json:"name"`
	Unit    string   `json:"unit"`
	Figures []Figure `json:"figures,omitempty"`
	Checks  []Check  `json:"checks,omitempty"`
	Skipped string   `json:"skipped,omitempty"` // why there are no figures
}

// Spread describes the values of several rounds.
type Spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// Figure is what one contestant has reached.
type Figure struct {
	Who string `json:"who"`
	Spread
	P99 float64 `json:"p99Milliseconds,omitempty"`     // the median of the rounds
	CPU float64 `json:"cpuMicroseconds,omitempty"`     // of the server for each request; the median of the rounds
	Own float64 `json:"loadCPUMicroseconds,omitempty"` // of the load generator for each request; the median of the rounds
}

// Check compares a figure with another one, in each round, or with a fixed goal.
type Check struct {
	What string `json:"what"`
	Spread
	Goal string `json:"goal,omitempty"`
	Met  *bool  `json:"met,omitempty"`
}

func spreadOf(values []float64) Spread {
	values = slices.Sorted(slices.Values(values))
	if len(values) == 0 {
		return Spread{}
	}
	return Spread{Median: values[len(values)/2], Min: values[0], Max: values[len(values)-1]}
}

// Goal is what a check must reach.
type Goal struct {
	who, against string // without against, the figure of who is checked
	bound        string // without a bound, the check is only for information
	value        float64
}

// The bounds.
const (
	atLeast = "at least"
	atMost  = "at most"
)

// AtLeast is the goal that the figure of who is at least this many times that of against.
func AtLeast(value float64, who, against string) Goal { return Goal{who, against, atLeast, value} }

// AtMost is the goal that the figure of who is at most this many times that of against.
func AtMost(value float64, who, against string) Goal { return Goal{who, against, atMost, value} }

// AtMostThis is the goal that the figure of who is at most this.
func AtMostThis(value float64, who string) Goal { return Goal{who, "", atMost, value} }

// Compare shows the ratio of two figures, without a goal.
func Compare(who, against string) Goal { return Goal{who: who, against: against} }

// Sample is what a contestant reaches in a round.
type Sample struct {
	Value float64
	P99   float64 // in milliseconds, or 0
	CPU   float64 // as in Figure, or 0
	Own   float64 // as in Figure, or 0
}

// Add adds a row with the contestants in this order. It leaves out the goals about contestants that are not there.
func (r *Report) Add(name, unit string, order []string, samples map[string][]Sample, goals ...Goal) {
	row := &Row{Name: name, Unit: unit}
	values, cpus := map[string][]float64{}, map[string][]float64{} // a server that uses less CPU is faster, even on a busy machine
	for _, who := range order {
		var p99, cpu, own []float64
		for _, s := range samples[who] {
			values[who], p99, cpu, own = append(values[who], s.Value), append(p99, s.P99), append(cpu, s.CPU), append(own, s.Own)
		}
		if spreadOf(cpu).Min > 0 {
			cpus[who] = cpu
		}
		row.Figures = append(row.Figures, Figure{
			Who: who, Spread: spreadOf(values[who]), P99: spreadOf(p99).Median, CPU: spreadOf(cpu).Median, Own: spreadOf(own).Median,
		})
	}
	for _, g := range goals {
		if values[g.who] != nil && (g.against == "" || values[g.against] != nil) {
			row.Checks = append(row.Checks, g.check(values))
		}
		if g.against != "" && len(cpus[g.who]) > 0 && len(cpus[g.against]) > 0 {
			c := Compare(g.against, g.who).check(cpus)
			c.What = g.who + " / " + g.against + ", by server µs"
			row.Checks = append(row.Checks, c)
		}
	}
	r.Rows = append(r.Rows, row)
}

// Skip adds a row without figures.
func (r *Report) Skip(name, reason string) {
	r.Rows = append(r.Rows, &Row{Name: name, Skipped: reason})
}

func (g Goal) check(values map[string][]float64) Check {
	c := Check{What: g.who}
	checked := values[g.who]
	if g.against != "" {
		c.What += " / " + g.against
		checked = slices.Clone(checked)
		for i, other := range values[g.against] {
			checked[i] /= other
		}
	}
	c.Spread = spreadOf(checked)
	if g.bound != "" {
		c.Goal = fmt.Sprintf("%s %v", g.bound, g.value)
		met := g.bound == atLeast && c.Median >= g.value || g.bound == atMost && c.Median <= g.value
		c.Met = &met
	}
	return c
}

// Print writes the table.
func (r *Report) Print(w io.Writer) {
	m := r.Machine
	fmt.Fprintf(w, "%s\n%s, %d CPUs, %s, %s, load %s, revision %s\n", r.Command, m.CPU, m.CPUs, m.Kernel, m.Go, m.Load, m.Revision)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range r.Rows {
		if row.Skipped != "" {
			fmt.Fprintf(table, "\n%s: skipped: %s\n", row.Name, row.Skipped)
			continue
		}
		overHTTP := slices.ContainsFunc(row.Figures, func(f Figure) bool { return f.P99 > 0 })
		fmt.Fprintf(table, "\n%s, %s\tmedian\tmin\tmax", row.Name, row.Unit)
		if overHTTP {
			fmt.Fprint(table, "\tp99 ms\tserver µs\tload µs")
		}
		for _, f := range row.Figures {
			fmt.Fprintf(table, "\n  %s\t%s\t%s\t%s", f.Who, number(f.Median), number(f.Min), number(f.Max))
			if overHTTP {
				fmt.Fprintf(table, "\t%s\t%s\t%s", number(f.P99), number(f.CPU), number(f.Own))
			}
		}
		fmt.Fprintln(table)
		for _, c := range row.Checks {
			fmt.Fprintf(table, "  %s\t%.2f\t%.2f\t%.2f\t%s\n", c.What, c.Median, c.Min, c.Max, c.verdict())
		}
	}
	_ = table.Flush() // standard output
}

func (c Check) verdict() string {
	switch {
	case c.Met == nil:
		return ""
	case *c.Met:
		return c.Goal + ": met"
	}
	return c.Goal + ": MISSED"
}

// number has three digits, or all before the point.
func number(f float64) string {
	switch {
	case f == 0:
		return "-"
	case f >= 100:
		return fmt.Sprintf("%.0f", f)
	case f >= 10:
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.2f", f)
}

// Save writes the report as JSON.
func (r *Report) Save(file string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644) //nolint:gosec // anyone can read the figures
}
