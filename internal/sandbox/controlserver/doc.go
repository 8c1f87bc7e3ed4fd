// Package controlserver has the generated Echo interface of control.yaml.
package controlserver
