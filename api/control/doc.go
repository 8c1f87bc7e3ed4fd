// Package control has the types of control.yaml, the document that describes how a test controls a sandbox. Package apitest uses
// them too.
package control
