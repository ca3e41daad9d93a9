// Package ext stands for a nested module that Traefik's own module leaves out: its options have no content here.
// +k8s:deepcopy-gen=package
package ext

// HTTP has no options.
type HTTP struct{}

// Router has no options.
type Router struct{}
