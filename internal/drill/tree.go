package main

import (
	"fmt"
	"io/fs"
	"strings"

	"go.yaml.in/yaml/v3"
)

// set sets the last name of a path in the document to a value.
func set(node *yaml.Node, value any, path ...string) error {
	parent, err := find(node, path[:len(path)-1]...)
	if err != nil {
		return err
	}
	encoded, name := new(yaml.Node), path[len(path)-1]
	if err := encoded.Encode(value); err != nil {
		return err
	}
	if old, err := find(parent, name); err == nil {
		*old = *encoded
		return nil
	}
	parent.Content = append(parent.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: name}, encoded)
	return nil
}

// add adds a value to the list at a path in the document.
func add(node *yaml.Node, value any, path ...string) error {
	list, err := find(node, path...)
	if err != nil {
		return err
	}
	encoded := new(yaml.Node)
	if err := encoded.Encode(value); err != nil {
		return err
	}
	list.Content = append(list.Content, encoded)
	return nil
}

func find(node *yaml.Node, path ...string) (*yaml.Node, error) {
	for i, name := range path {
		var next *yaml.Node
		for j := 0; node.Kind == yaml.MappingNode && j < len(node.Content); j += 2 {
			if node.Content[j].Value == name {
				next = node.Content[j+1]
			}
		}
		if next == nil {
			return nil, fmt.Errorf("there is no %s", strings.Join(path[:i+1], "/"))
		}
		node = next
	}
	return node, nil
}

// sources is a checkout without the folders that git, make and npm create.
type sources struct{ fs.FS }

// ReadDir implements fs.ReadDirFS.
func (s sources) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(s.FS, name)
	kept := entries[:0]
	for _, entry := range entries {
		if n := entry.Name(); n != ".git" && n != "bin" && n != "node_modules" {
			kept = append(kept, entry)
		}
	}
	return kept, err
}
