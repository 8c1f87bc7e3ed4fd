package requests

// object is a JSON object that can have what a map cannot: an order, and the same name twice.
type object struct{ members []member }

type member struct {
	name  string
	value any // nil, a string, verbatim, []any or *object
}

// verbatim is a JSON value as it appears in the text.
type verbatim string

func newObject(members ...member) *object { return &object{members} }

func (o *object) add(name string, value any) { o.members = append(o.members, member{name, value}) }

// parts returns every object in the tree, and every member.
func parts(tree any) (objects []*object, members []*member) {
	o, ok := tree.(*object)
	if !ok {
		return nil, nil
	}
	objects = append(objects, o)
	for i := range o.members {
		members = append(members, &o.members[i])
		inner, innerMembers := parts(o.members[i].value)
		objects, members = append(objects, inner...), append(members, innerMembers...)
	}
	return objects, members
}

// fixText writes the body as text, if that has not been done yet.
func (g *Generator) fixText(r *draft) {
	if r.tree != nil {
		r.Body, r.tree = g.write(nil, r.tree, r.odd), nil
	}
}

func (g *Generator) write(text []byte, value any, odd bool) []byte {
	space := func() {
		if odd {
			text = append(text, pick(g, "", " ", "\n", "\t\r ")...)
		}
	}
	space()
	switch v := value.(type) {
	case nil:
		text = append(text, "null"...)
	case verbatim:
		text = append(text, v...)
	case string:
		text = g.quote(text, v, odd)
	case []any:
		text = append(text, '[')
		for _, item := range v {
			text = g.write(text, item, odd)
		}
		text = append(text, ']')
	case *object:
		text = append(text, '{')
		for i, m := range v.members {
			if i > 0 {
				text = append(text, ',')
			}
			space()
			text = g.quote(text, m.name, odd)
			space()
			text = g.write(append(text, ':'), m.value, odd)
		}
		text = append(text, '}')
	}
	space()
	return text
}

// quote keeps bytes that are not valid UTF-8.
func (g *Generator) quote(text []byte, s string, odd bool) []byte {
	const hex = "0123456789abcdef"
	text = append(text, '"')
	for _, b := range []byte(s) {
		if b < ' ' || b == '"' || b == '\\' || odd && b < 0x80 && g.chance(30) {
			text = append(text, '\\', 'u', '0', '0', hex[b>>4], hex[b&15])
		} else {
			text = append(text, b)
		}
	}
	return append(text, '"')
}
